// Shows that our bytes of every message of etcd's are protobuf's: protobufjs, reading the protos that npm etcd3 ships, is the twin in both directions. Broken bytes throw or decode, and never cost more than they are long.
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import fc from "fast-check";
import protobuf from "protobufjs";
import { describe, expect, it } from "vitest";
import { decode, WireError } from "../../../src/store/wire/decode.js";
import { encode } from "../../../src/store/wire/encode.js";
import { messages } from "../../../src/store/wire/messages.js";
import type { Message } from "../../../src/store/wire/schema.js";
import { describeBesideProtobufjs, valueOf } from "../../support/protobuf-twin.js";
import type { Values } from "../../support/protobuf-twin.js";

const protos = join(dirname(createRequire(import.meta.url).resolve("etcd3")), "..", "proto");
const root = new protobuf.Root();
root.resolvePath = (_origin, target) => join(protos, target.replace(/^.*\//, ""));
root.loadSync("rpc.proto", { keepCase: true });

const table = Object.values(messages) as unknown as readonly Message<object>[];

/** What came after 3.4. */
const leftOut = new Set(["etcdserverpb.MemberListRequest.linearizable"]);

describeBesideProtobufjs(table, { root, depthOf: (name) => (/Txn|Op$/.test(name) ? 4 : 3), leftOut });

it.each([0, 1, 2])("lengths are right where the buffer has to grow: a large value at place %i of three", (place) => {
  // larger than any buffer that is kept from one message to the next
  const values = [0, 1, 2].map((i) => Buffer.alloc(i === place ? 2 ** 20 : 10, i + 1));
  const bytes = encode(messages.RangeResponse, { count: 3, kvs: values.map((value) => ({ key: "k", value })) });
  const { count, kvs } = decode(messages.RangeResponse, bytes);
  expect([count, kvs.map(({ value }, i) => Buffer.compare(value, values[i] ?? Buffer.alloc(0)))]).toEqual([3, [0, 0, 0]]);
  const twin = root.lookupType("RangeResponse").decode(bytes) as unknown as {
    readonly kvs: readonly { readonly value: Uint8Array }[];
  };
  expect(twin.kvs.map(({ value }) => value.length)).toEqual(values.map(({ length }) => length));
});

it("the table has all messages of the protos but the later ones", () => {
  const later = /Downgrade|AuthStatus/;
  const packages = ["etcdserverpb", "mvccpb", "authpb"].map((name) => root.lookup(name) as protobuf.Namespace);
  const names = packages.flatMap((each) => each.nestedArray.filter((nested) => nested instanceof protobuf.Type));
  expect(table.map(({ name }) => name).sort()).toEqual(
    names
      .map(({ fullName }) => fullName.slice(1))
      .filter((name) => !later.test(name))
      .sort(),
  );
});

const { PutRequest, RangeRequest, TxnRequest, WatchCreateRequest, RangeResponse, LeaseCheckpointRequest } = messages;

describe("beyond what encoders write", () => {
  it.each<[string, string, Partial<Values>]>([
    ["unknown fields of each wire type", "50ffff0361111111111111111162036162637d44444444" + "0a016b", { key: "k" }],
    ["a field twice: the last counts", "0a016a0a016b", { key: "k" }],
    ["a bool by any number but 0", "2002", { prevKv: true }],
  ])("%s", (_, hex, expected) => expect(decode(PutRequest, Buffer.from(hex, "hex"))).toMatchObject(expected));

  it("packed and unpacked lists are the same", () => {
    const unpacked = decode(WatchCreateRequest, Buffer.from("28002801", "hex"));
    expect(unpacked.filters).toEqual([0, 1]);
    expect(decode(WatchCreateRequest, Buffer.from("2a020001", "hex"))).toEqual(unpacked);
  });

  it("of a oneof's members the last counts", () => {
    const { success } = decode(TxnRequest, Buffer.from("1206" + "0a020a00" + "1200", "hex"));
    expect(success).toEqual([{ ...messages.RequestOp.zero, requestPut: { ...PutRequest.zero } }]);
  });

  it.each([
    ["18ffffffffffffffff7f", Number.MAX_SAFE_INTEGER],
    ["1880808080808080808001", Number.MIN_SAFE_INTEGER],
    ["188180808080808010", Number.MAX_SAFE_INTEGER],
    ["18ffffffffffffff0f", Number.MAX_SAFE_INTEGER],
    ["18feffffffffffff0f", Number.MAX_SAFE_INTEGER - 1],
  ])("a limit beyond 2^53 is read as the last whole number before it: %s", (hex, limit) => {
    expect(decode(RangeRequest, Buffer.from(hex, "hex")).limit).toBe(limit);
  });

  it("messages that come twice are merged", () => {
    const once = decode(messages.PutResponse, Buffer.from("0a02180a" + "0a022004", "hex"));
    expect(once.header).toMatchObject({ revision: 10, raftTerm: 4 });
  });

  it.each<[string, Message<unknown>, string, RegExp]>([
    ["a number of eleven bytes", RangeRequest, "18ffffffffffffffffffff01", /ten bytes/],
    ["a length behind the end", PutRequest, "0a05aa", /behind the end/],
    ["a length of 10 GiB", PutRequest, "0a8080808028", /behind the end|2\^32/],
    ["a wrong wire type", PutRequest, "0801", /wire type 0/],
    ["a group", PutRequest, "5b5c", /wire type 3/],
    ["field 0", PutRequest, "0001", /no field 0/],
    ["a cut number", PutRequest, "20ff", /cut off/],
    ["a cut unknown field", PutRequest, "6101", /cut off/],
  ])("refuses %s", (_, message, hex, why) => {
    expect(() => decode(message, Buffer.from(hex, "hex"))).toThrow(why);
  });

  it("refuses messages nested without end, and lists of nothing", () => {
    let txn: Buffer = Buffer.alloc(0);
    for (let i = 0; i < 60; i++) txn = delimited(0x12, delimited(0x22, txn));
    expect(() => decode(TxnRequest, txn)).toThrow(/nested more than/);
    const empty = Buffer.alloc(2 * 100_001, Buffer.from("0a00", "hex"));
    expect(() => decode(LeaseCheckpointRequest, empty)).toThrow(/repeated values/);
  });
});

function delimited(tag: number, body: Buffer): Buffer {
  const length: number[] = [];
  for (let rest = body.length; ; rest >>>= 7) {
    if (rest < 0x80) {
      length.push(rest);
      break;
    }
    length.push((rest & 0x7f) | 0x80);
  }
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}

describe("broken bytes throw a WireError or decode", () => {
  const tried = [
    PutRequest,
    RangeResponse,
    TxnRequest,
    messages.WatchResponse,
    messages.MemberListResponse,
  ] as unknown as readonly Message<object>[];

  it.each(tried.map((message) => [message.name, message] as const))("%s: every prefix", (_, message) => {
    for (const values of fc.sample(valueOf(message, 3), { numRuns: 10, seed: 1 })) {
      const bytes = encode(message, values);
      for (let length = 0; length < bytes.length; length++)
        expect(attempt(message, bytes.subarray(0, length))).not.toBe("failed");
    }
  });

  it.each(tried.map((message) => [message.name, message] as const))("%s: thousands of mutations", (_, message) => {
    const change = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(valueOf(message, 3), change, (values, changes) => {
        const bytes = encode(message, values);
        for (const [at, byte] of changes) bytes[at % Math.max(1, bytes.length)] = byte;
        expect(attempt(message, bytes)).not.toBe("failed");
      }),
      { numRuns: 2000 },
    );
  });
});

function attempt(message: Message<unknown>, bytes: Buffer): "decoded" | "refused" | "failed" {
  try {
    decode(message, bytes);
    return "decoded";
  } catch (error) {
    return error instanceof WireError ? "refused" : "failed";
  }
}
