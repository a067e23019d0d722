// Shows that what the machine can say is understood as it was said, and that nothing else reaches a machine: wrong shapes, strangers, and who speaks for others.
import { Packr, Unpackr } from "msgpackr";
import { expect, it } from "vitest";
import { parseMessage } from "../../../src/store/leaderless/message-shape.js";
import type { Message } from "../../../src/store/leaderless/messages.js";
import { storageKey } from "../../../src/store/leaderless/storage-key.js";

const key = storageKey({ type: "default", bucket: "b\xff", key: "k\0" });
const place = { kind: "home", partition: 3, n: 3 } as const;
const envelope = { from: "n1", to: "n2" };
const name = { type: "default", bucket: "b", key: "k" };
const content = {
  value: Buffer.from("v"),
  contentType: "text/plain",
  charset: undefined,
  contentEncoding: undefined,
  userMeta: [["a", "b"]],
  indexes: [],
  links: [],
} as const;

const messages: readonly Message[] = [
  { ...envelope, type: "reap", place, key, objectHash: 2 ** 47 },
  {
    ...envelope,
    type: "forwardReply",
    request: 1,
    answer: { ok: false, failure: { definite: true, reason: { type: "unsatisfied", option: "w", wanted: 2, got: 1 } } },
  },
  {
    ...envelope,
    type: "forwardReply",
    request: 1,
    answer: {
      ok: true,
      value: {
        context: Buffer.from("c"),
        siblings: [{ ...content, vtag: "t", lastModifiedMs: 1.5, isTombstone: false }],
      },
    },
  },
  {
    ...envelope,
    type: "swim",
    message: { ...envelope, type: "ping", sequence: 1, incarnation: 0, updates: [] },
  },
];

/** As it comes out of a connection. */
function sent(message: unknown): unknown {
  const packed = new Packr({ useRecords: true, sequential: true }).pack(message);
  return new Unpackr({ useRecords: true, sequential: true, copyBuffers: true }).unpack(packed);
}

it.each(messages)("takes $type as it was said", (message) => {
  expect(parseMessage(sent(message), "n1", "n2")).toEqual(message);
});

it.each([
  [undefined],
  [null],
  ["read"],
  [[]],
  [{ ...envelope, type: "shutdown" }],
  [{ ...envelope, type: "constructor" }],
  [{ ...envelope, type: "read", request: 1, place, key, wants: "object" }],
  [{ ...envelope, type: "reap", place: { ...place, partition: 1024 }, key, objectHash: 1 }],
  [{ ...envelope, type: "reap", place: { ...place, kind: "elsewhere" }, key, objectHash: 1 }],
  [{ ...envelope, type: "reap", place, key: "cut", objectHash: 1 }],
  [{ ...envelope, type: "reap", place, key: storageKey({ ...name, key: "\u0100" }), objectHash: 1 }],
  [{ ...envelope, type: "reap", place, key, objectHash: -1 }],
  [
    {
      ...envelope,
      type: "forward",
      request: 1,
      isPassedOn: false,
      isOffered: true,
      wallMs: 1,
      asked: { type: "get", name, options: {} },
    },
  ],
  [{ ...envelope, type: "forwardReply", request: 1, answer: { ok: false, failure: { definite: true, reason: { type: "?" } } } }],
  [{ ...envelope, type: "swim", message: { from: "n3", to: "n2", type: "ping", sequence: 1, incarnation: 0, updates: [] } }],
])("refuses %j", (value) => {
  expect(parseMessage(value, "n1", "n2")).toBeUndefined();
});

it("refuses a map of data types that is nested without end", () => {
  let op: unknown = { kind: "flag", enable: true };
  for (let depth = 0; depth < 5000; depth++) op = { kind: "map", removes: [], updates: [{ name: "m", op }] };
  const asked = { type: "updateDataType", name, op, context: undefined, options: {}, returnBody: false };
  expect(
    parseMessage({ ...envelope, type: "forward", request: 1, isPassedOn: false, isOffered: true, wallMs: 1, asked }, "n1", "n2"),
  ).toBeUndefined();
});

it("lets nobody speak for others, and who is no member yet only gossip", () => {
  const read = messages[0] as Message;
  expect(parseMessage(read, "n3", "n2")).toBeUndefined();
  expect(parseMessage(read, "n1", "n3")).toBeUndefined();
  expect(parseMessage(read, undefined, "n2")).toBeUndefined();
  const digest = { ring: "0".repeat(12), types: "1".repeat(12), buckets: "2".repeat(12) };
  const gossip = { ...envelope, type: "gossip", message: { ...envelope, type: "digest", digest } };
  expect(parseMessage(gossip, undefined, "n2")).toEqual(gossip);
});
