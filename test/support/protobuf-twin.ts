import fc from "fast-check";
import type protobuf from "protobufjs";
import { describe, expect, it } from "vitest";
import { decode } from "../../src/store/wire/decode.js";
import { encode } from "../../src/store/wire/encode.js";
import type { Message, NamedField } from "../../src/store/wire/schema.js";

export type Values = Record<string, unknown>;

/** Any value of a message, with each field there or left out; oneofs hold one member at most. */
export function valueOf(message: Message<unknown>, depth: number): fc.Arbitrary<Values> {
  const fields = message.fields.filter(({ type, required }) => required || type.kind !== "message" || depth > 0);
  const requiredKeys = message.required.map(({ name }) => name);
  return fc
    .record(Object.fromEntries(fields.map((field) => [field.name, fieldValue(field, depth)])), { requiredKeys })
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
  if (type.kind === "enum") {
    const { names } = type.enumeration;
    return fc.integer({ min: names.indexOf(names.find((name) => name !== "") ?? ""), max: names.length - 1 });
  }
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
    case "sint64":
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
function twinReads(type: protobuf.Type, bytes: Uint8Array): Values {
  return type.toObject(type.decode(bytes), { longs: String, bytes: String, arrays: true, defaults: true, oneofs: false });
}

/** The same for what we read: members of oneofs that are absent have defaults there, and are left out of the comparison's other side. */
function withTwinDefaults(type: protobuf.Type, message: Message<unknown>, values: Values): Values {
  const given = type.fromObject(forTwin(message, values));
  return type.toObject(given, { longs: String, bytes: String, arrays: true, defaults: true, oneofs: false });
}

interface Twin {
  /** The protos, as protobufjs read them. */
  readonly root: protobuf.Root;
  /** How deep messages are nested in the values that are tried; default 3. */
  readonly depthOf?: (name: string) => number;
  /** `Message.field` of the protos which the table leaves out. */
  readonly leftOut?: ReadonlySet<string>;
}

/** Tests that a table states what protos state, and that its bytes are those of protobufjs in both directions. */
export function describeBesideProtobufjs(table: readonly Message<object>[], { root, depthOf, leftOut }: Twin): void {
  describe.each(table.map((message) => [message.name, message] as const))("%s", (name, message) => {
    const twin = root.lookupType(name);

    it("is stated as the proto states it", () => {
      const stated = message.fields.map((field) => {
        // a oneof of one field is proto2's `optional`
        const oneof = field.oneof?.startsWith("_") === true ? undefined : field.oneof;
        return [field.protoName, field.number, field.repeated, field.required, oneof];
      });
      const inProto = twin.fieldsArray.map((field) => [field.name, field.id, field.repeated, field.required, field.partOf?.name]);
      expect(stated).toEqual(inProto.filter(([field]) => leftOut?.has(`${name}.${String(field)}`) !== true).sort(byNumber));
    });

    it("our bytes are read by the twin, and its bytes by us", () => {
      fc.assert(
        fc.property(valueOf(message, depthOf?.(name) ?? 3), (values) => {
          const ours = encode(message, values);
          expect(twinReads(twin, ours)).toEqual(withTwinDefaults(twin, message, values));
          const theirs = Buffer.from(twin.encode(twin.fromObject(forTwin(message, values))).finish());
          expect(decode(message, theirs)).toEqual(decode(message, ours));
          expect(encode(message, decode(message, theirs))).toEqual(ours);
        }),
        { numRuns: 30 },
      );
    });
  });
}

const byNumber = (a: readonly unknown[], b: readonly unknown[]): number => Number(a[1]) - Number(b[1]);
