// Shows that our bytes of every message of etcd's are protobuf's: protobufjs, reading the protos that npm etcd3 ships, is the twin in both directions. Broken bytes throw or decode, and never cost more than they are long.
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import fc from "fast-check";
import protobuf from "protobufjs";
import { describe, expect, it } from "vitest";
import { decode, WireError } from "../../../src/store/wire/decode.js";
import { encode } from "../../../src/store/wire/encode.js";
import { messages } from "../../../src/store/wire/messages.js";
import type { Message, NamedField } from "../../../src/store/wire/schema.js";

const protos = join(dirname(createRequire(import.meta.url).resolve("etcd3")), "..", "proto");
const root = new protobuf.Root();
root.resolvePath = (_origin, target) => join(protos, target.replace(/^.*\//, ""));
root.loadSync("rpc.proto", { keepCase: true });

type Values = Record<string, unknown>;

const table = Object.values(messages) as unknown as readonly Message<object>[];

/** Any value of a message, with each field there or left out; oneofs hold one member at most. */
function valueOf(message: Message<unknown>, depth: number): fc.Arbitrary<Values> {
  const fields = message.fields.filter(({ type }) => type.kind !== "message" || depth > 0);
  return fc
    .record(Object.fromEntries(fields.map((field) => [field.name, fieldValue(field, depth)])), { requiredKeys: [] })
    .map((values) => {
      const seen = new Set<string>();
      return Object.fromEntries(
        Object.entries(values).filter(([name]) => {
          const group = message.fields.find((field) => field.name === name)?.oneof;
          if (group === undefined) return true;
          return !seen.has(group) && seen.add(group);
        }),
      );
    });
}

function fieldValue(field: NamedField, depth: number): fc.Arbitrary<unknown> {
  const one = oneValue(field, depth);
  return field.repeated ? fc.array(one, { maxLength: 3 }) : one;
}

function oneValue({ type }: NamedField, depth: number): fc.Arbitrary<unknown> {
  if (type.kind === "message") return valueOf(type.message(), depth - 1);
  if (type.kind === "enum") return fc.nat({ max: type.enumeration.names.length - 1 });
  switch (type.scalar) {
    case "bytes":
      return fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
    case "key":
      return fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString("latin1"));
    case "string":
      return fc.string({ unit: "grapheme", maxLength: 20 });
    case "bool":
      return fc.boolean();
    case "uint32":
      return fc.nat({ max: 2 ** 32 - 1 });
    case "int64":
      return fc.maxSafeInteger();
    case "uint64":
      return fc.maxSafeNat();
    case "int64Id":
      return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
    case "uint64Id":
      return fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
  }
}

/** As protobufjs takes and gives it: names of the proto, 64-bit numbers as texts, keys as bytes in base64. */
function forTwin(message: Message<unknown>, values: Values): Values {
  return Object.fromEntries(
    message.fields
      .filter(({ name }) => values[name] !== undefined)
      .map((field) => {
        const value = values[field.name];
        const shown = Array.isArray(value) ? value.map((each) => oneForTwin(field, each)) : oneForTwin(field, value);
        return [field.protoName, shown];
      }),
  );
}

function oneForTwin({ type }: NamedField, value: unknown): unknown {
  if (type.kind === "message") return forTwin(type.message(), value as Values);
  if (type.kind === "enum" || type.scalar === "bool" || type.scalar === "string" || type.scalar === "uint32") return value;
  if (type.scalar === "bytes") return Buffer.from(value as Uint8Array).toString("base64");
  if (type.scalar === "key") return Buffer.from(value as string, "latin1").toString("base64");
  return String(value);
}

/** What protobufjs reads, with what the message did not hold as zero values: as our decoder gives it. */
function twinReads(message: Message<unknown>, bytes: Uint8Array): Values {
  const type = root.lookupType(message.name);
  return type.toObject(type.decode(bytes), { longs: String, bytes: String, arrays: true, defaults: true, oneofs: false });
}

/** The same for what we read: members of oneofs that are absent have defaults there, and are left out of the comparison's other side. */
function withTwinDefaults(message: Message<unknown>, values: Values): Values {
  const type = root.lookupType(message.name);
  const given = type.fromObject(forTwin(message, values));
  return type.toObject(given, { longs: String, bytes: String, arrays: true, defaults: true, oneofs: false });
}

describe.each(table.map((message) => [message.name, message] as const))("%s", (name, message) => {
  const depth = /Txn|Op$/.test(name) ? 4 : 3;

  it("is stated as the proto states it", () => {
    const fields = root.lookupType(name).fieldsArray;
    const stated = message.fields.map(({ protoName, number, repeated, oneof }) => [protoName, number, repeated, oneof]);
    const inProto = fields.map((field) => [field.name, field.id, field.repeated, field.partOf?.name]);
    expect(stated).toEqual(inProto.filter(([field]) => !laterFields.has(`${name}.${String(field)}`)).sort(byNumber));
  });

  it("our bytes are read by the twin, and its bytes by us", () => {
    fc.assert(
      fc.property(valueOf(message, depth), (values) => {
        const ours = encode(message, values);
        expect(twinReads(message, ours)).toEqual(withTwinDefaults(message, values));
        const type = root.lookupType(name);
        const theirs = Buffer.from(type.encode(type.fromObject(forTwin(message, values))).finish());
        expect(decode(message, theirs)).toEqual(decode(message, ours));
        expect(encode(message, decode(message, theirs))).toEqual(ours);
      }),
      { numRuns: 30 },
    );
  });
});

/** What came after 3.4. */
const laterFields = new Set(["etcdserverpb.MemberListRequest.linearizable"]);

const byNumber = (a: readonly unknown[], b: readonly unknown[]): number => Number(a[1]) - Number(b[1]);

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
