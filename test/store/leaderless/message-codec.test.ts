// Shows that messages about single objects arrive as they were said, several together, and that bytes which are none are refused, whatever they are.
import fc from "fast-check";
import { expect, it } from "vitest";
import { decodeMessages, isCoded, writeMessage, type CodedMessage } from "../../../src/store/leaderless/message-codec.js";
import { nValMax } from "../../../src/store/leaderless/limits.js";
import type { Message } from "../../../src/store/leaderless/messages.js";
import { tombstone } from "../../../src/store/leaderless/objects/stored-object.js";
import { storageKey } from "../../../src/store/leaderless/storage-key.js";
import { ByteWriter, MalformedBytes } from "../../../src/store/leaderless/versions/binary.js";
import { messageBytes } from "./message-bytes.js";

const envelope = { from: fc.constant("n1"), to: fc.constant("n2") };
const count = fc.oneof(fc.nat(300), fc.integer({ min: 0, max: 2 ** 52 }));
const latin1 = (max: number): fc.Arbitrary<string> =>
  fc.array(fc.nat(255), { maxLength: max }).map((codes) => String.fromCharCode(...codes));
const at = { partition: fc.nat(1023), n: fc.integer({ min: 1, max: nValMax }) };
const place = fc.oneof(
  fc.record({ kind: fc.constant("home" as const), ...at }),
  fc.record({ kind: fc.constant("hint" as const), ...at, member: latin1(40) }),
);
const key = fc.record({ type: latin1(10), bucket: latin1(300), key: latin1(40) }).map(storageKey);
const object = fc.uint8Array({ maxLength: 5000 }).map((bytes) => Buffer.from(bytes));
const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });
const type = <T extends string>(name: T): fc.Arbitrary<T> => fc.constant(name);

const text = latin1(40);
const quorum = fc.oneof(fc.nat(10), fc.constantFrom("one" as const, "quorum" as const, "all" as const, "default" as const));
const pairs = fc.array(fc.tuple(text, text), { maxLength: 3 });
const content = fc.record({
  value: object,
  contentType: maybe(text),
  charset: maybe(text),
  contentEncoding: maybe(text),
  userMeta: pairs,
  indexes: pairs,
  links: fc.array(fc.record({ bucket: text, key: text, tag: text }), { maxLength: 3 }),
});
const put = fc.record({
  type: type("put"),
  name: fc.record({ type: latin1(10), bucket: latin1(300), key: latin1(40) }),
  context: maybe(object),
  content: fc.oneof({ weight: 4, arbitrary: content }, { weight: 1, arbitrary: fc.constant(tombstone) }),
  options: fc.record({
    w: maybe(quorum),
    dw: maybe(quorum),
    pw: maybe(quorum),
    sloppyQuorum: maybe(fc.boolean()),
    nVal: maybe(count),
    timeoutMs: maybe(count),
  }),
  condition: fc.constantFrom("none" as const, "notModified" as const, "noneMatch" as const),
  returnBody: fc.boolean(),
});

const message: fc.Arbitrary<CodedMessage> = fc.oneof(
  fc.record({
    ...envelope,
    type: type("read"),
    request: count,
    place,
    key,
    wants: fc.constantFrom("object" as const, "hash" as const),
  }),
  fc.record({ ...envelope, type: type("readReply"), request: count, object: maybe(object) }),
  fc.record({ ...envelope, type: type("hashReply"), request: count, objectHash: maybe(count) }),
  fc.record({
    ...envelope,
    type: type("write"),
    request: count,
    place,
    key,
    object,
    wanted: fc.constantFrom("nothing" as const, "durable" as const, "both" as const, "kept" as const),
  }),
  fc.record({
    ...envelope,
    type: type("writeReply"),
    request: count,
    result: fc.constantFrom("taken" as const, "durable" as const, "failed" as const, "overload" as const),
  }),
  fc.record({ ...envelope, type: type("readFailed"), request: count }),
  fc.record({ ...envelope, type: type("offer"), request: count }),
  fc.record({ ...envelope, type: type("ready"), request: count, isReady: fc.boolean() }),
  fc.record({
    ...envelope,
    type: type("forward"),
    request: count,
    asked: put,
    isPassedOn: fc.boolean(),
    isOffered: fc.boolean(),
    wallMs: count,
  }),
  fc.record({
    ...envelope,
    type: type("forwardReply"),
    request: count,
    answer: fc.constant({ ok: true, value: undefined } as const),
  }),
  fc.record({
    ...envelope,
    type: type("compare"),
    entries: fc.array(fc.record({ place, key, objectHash: maybe(count) }), { maxLength: 5 }),
  }),
);
/** Of the messages that these bytes are; of none where they are refused. */
function typesIn(bytes: Buffer): readonly string[] {
  try {
    return decodeMessages(bytes, "n1", "n2").map(({ type: found }) => found);
  } catch (error) {
    if (error instanceof MalformedBytes) return [];
    throw error;
  }
}

const messages = fc.array(message, { maxLength: 10 });

it("brings every message as it was said", () => {
  fc.assert(
    fc.property(messages, (said) => {
      expect(decodeMessages(messageBytes(...said), "n1", "n2")).toEqual(said);
    }),
  );
});

it("brings what is written where something else was written before", () => {
  const out = new ByteWriter();
  fc.assert(
    fc.property(messages, (said) => {
      out.clear();
      for (const each of said) writeMessage(out, each);
      expect(decodeMessages(out.bytes(), "n1", "n2")).toEqual(said);
    }),
  );
});

it("refuses what was cut off in the middle of a message", () => {
  fc.assert(
    fc.property(message, (said) => {
      const bytes = messageBytes(said);
      for (let length = 1; length < Math.min(bytes.length, 100); length++)
        expect(() => decodeMessages(bytes.subarray(0, length), "n1", "n2")).toThrow(MalformedBytes);
    }),
  );
});

it("takes changed bytes for messages that have sense, or refuses them: nothing else is thrown", () => {
  fc.assert(
    fc.property(messages, fc.nat(), fc.nat(255), (said, where, byte) => {
      const bytes = Buffer.from(messageBytes(...said));
      if (bytes.length > 0) bytes[where % bytes.length] = byte;
      expect(typesIn(bytes)).not.toContain("swim");
    }),
  );
});

/** Of 65,536 bytes. */
const longText = [0x80, 0x80, 4, ...new Uint8Array(2 ** 16)];

it.each([
  ["no such type", [0]],
  ["no such partition", [1, 1, 0, 0x80, 8, 3, 4, 0, 0, 0, 0, 0]],
  ["a key that is none", [1, 1, 0, 1, 3, 2, 0, 9, 0]],
  ["no such thing to want", [1, 1, 0, 1, 3, 4, 0, 0, 0, 0, 2]],
  ["more entries than follow", [6, 0xff, 0xff, 0x7f]],
  ["a put that is passed on in no known way", [10, 1, 4, 1, 0, 0, 0, 0, 0, 0, 0]],
  ["a put with unknown flags", [10, 1, 0, 1, 16, 0, 0, 0, 0, 0, 0]],
  ["a put with an unknown condition", [10, 1, 0, 1, 0, 3, 0, 0, 0, 0, 0]],
  ["a put with unknown options", [10, 1, 0, 1, 8, 0, 0, 0, 0, 64, 0, 0]],
  ["a put of content with unknown parts", [10, 1, 0, 1, 0, 0, 0, 0, 0, 16, 0]],
  ["a put with more metadata than follows", [10, 1, 0, 1, 0, 0, 0, 0, 0, 8, 0xff, 0xff, 0x7f]],
  ["a put into a bucket with a longer name than there are", [10, 1, 0, 1, 0, 0, 0, ...longText, 0, 0, 0]],
  ["a number beyond 2^52", [5, 0x81, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x08, 0]],
])("refuses %s", (_what, bytes) => {
  expect(() => decodeMessages(Buffer.from(bytes), "n1", "n2")).toThrow(MalformedBytes);
});

it("takes the least put that there is", () => {
  expect(decodeMessages(Buffer.from([10, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0]), "n1", "n2")).toMatchObject([
    { type: "forward", asked: { type: "put", name: { type: "", bucket: "", key: "" }, options: {} } },
  ]);
});

it.each<Message>([
  {
    type: "forward",
    from: "n1",
    to: "n2",
    request: 1,
    asked: {
      type: "updateDataType",
      name: { type: "counters", bucket: "b", key: "k" },
      op: { kind: "counter", increment: 1n },
      context: undefined,
      options: {},
      returnBody: false,
    },
    isPassedOn: false,
    isOffered: false,
    wallMs: 1,
  },
  {
    type: "forwardReply",
    from: "n1",
    to: "n2",
    request: 1,
    answer: { ok: false, failure: { definite: true, reason: { type: "timeout" } } },
  },
  {
    type: "forwardReply",
    from: "n1",
    to: "n2",
    request: 1,
    answer: { ok: true, value: { context: Buffer.from("c"), siblings: [] } },
  },
])("has no bytes for what is rare", (rare) => {
  expect(isCoded(rare)).toBe(false);
});
