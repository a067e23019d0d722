// Shows that messages about single objects arrive as they were said, several together, and that bytes which are none are refused, whatever they are.
import fc from "fast-check";
import { expect, it } from "vitest";
import { decodeMessages, writeMessage, type CodedMessage } from "../../../src/store/leaderless/message-codec.js";
import { nValMax } from "../../../src/store/leaderless/limits.js";
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

it.each([
  ["no such type", [0]],
  ["no such partition", [1, 1, 0, 0x80, 8, 3, 4, 0, 0, 0, 0, 0]],
  ["a key that is none", [1, 1, 0, 1, 3, 2, 0, 9, 0]],
  ["no such thing to want", [1, 1, 0, 1, 3, 4, 0, 0, 0, 0, 2]],
  ["more entries than follow", [6, 0xff, 0xff, 0x7f]],
  ["a number beyond 2^52", [5, 0x81, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x08, 0]],
])("refuses %s", (_what, bytes) => {
  expect(() => decodeMessages(Buffer.from(bytes), "n1", "n2")).toThrow(MalformedBytes);
});
