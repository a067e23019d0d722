/**
 * A small language for tables of protobuf messages. A table states what a .proto file states: names, numbers and types; the types of
 * the values are inferred from it. https://protobuf.dev/programming-guides/proto3/, and proto2 for `optional` and `required`.
 *
 * Fields are spelt in camelCase here. Where the proto spells one neither so nor in snake_case, the table gives its name.
 */

/** As they stand on the wire, and what holds their values here. */
interface ScalarValues {
  readonly bool: boolean;
  readonly bytes: Uint8Array;
  /** Bytes again, as text with one character a byte (latin1): keys are compared and hashed that way. */
  readonly key: string;
  readonly string: string;
  readonly uint32: number;
  /** Revisions, counts and seconds. Exact below 2^53; anything beyond is read as the last whole number below. */
  readonly int64: number;
  readonly uint64: number;
  /** Zigzag: small below zero as well. Amounts that are added up, so all 64 bits count. */
  readonly sint64: bigint;
  /** Identifiers use all 64 bits. */
  readonly int64Id: bigint;
  readonly uint64Id: bigint;
}

export type Scalar = keyof ScalarValues;

/** Names by number, from 0 on; other numbers are legal too (open enums). */
export interface Enumeration {
  readonly names: readonly string[];
}

export type FieldType =
  | { readonly kind: "scalar"; readonly scalar: Scalar }
  | { readonly kind: "enum"; readonly enumeration: Enumeration }
  | { readonly kind: "message"; readonly message: () => Message<unknown> };

export interface Field<T> {
  readonly number: number;
  readonly type: FieldType;
  readonly repeated: boolean;
  /** Those of one name exclude each other, and are there or not, whatever their value. */
  readonly oneof: string | undefined;
  /** Written whatever its value; a message without it is refused. */
  readonly required: boolean;
  /** As the proto spells it; undefined: the name here in snake_case. */
  readonly protoName: string | undefined;
  /** Its value where the message does not hold it. */
  readonly zero: T;
}

export interface NamedField extends Field<unknown> {
  /** Name of the property here. */
  readonly name: string;
  readonly protoName: string;
  /** How its values stand on the wire. */
  readonly wireType: number;
  /** The other members of its oneof. */
  readonly rivals: readonly string[];
}

/** https://protobuf.dev/programming-guides/encoding/#structure */
export const wireType = { varint: 0, fixed64: 1, lengthDelimited: 2, fixed32: 5 } as const;

export interface Message<T> {
  /** With its package, e.g. `etcdserverpb.PutRequest`. */
  readonly name: string;
  /** By number, ascending. */
  readonly fields: readonly NamedField[];
  /** Those of them that must be there. */
  readonly required: readonly NamedField[];
  /** The message without any field. */
  readonly zero: T;
}

/** Messages within messages, at most: transactions may hold transactions. Protobuf's usual bound. */
export const depthMax = 100;

type Shape<F> = { readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never };

/** What a message can be made of: whatever is left out has its zero value. */
export type Given<T> = T extends Uint8Array | string | number | bigint | boolean | undefined
  ? T
  : T extends readonly (infer E)[]
    ? readonly Given<E>[]
    : { readonly [K in keyof T]?: Given<T[K]> | undefined };

const scalarZeros: ScalarValues = {
  bool: false,
  bytes: Buffer.alloc(0),
  key: "",
  string: "",
  uint32: 0,
  int64: 0,
  uint64: 0,
  sint64: 0n,
  int64Id: 0n,
  uint64Id: 0n,
};

function scalar<S extends Scalar>(name: S): (number: number, protoName?: string) => Field<ScalarValues[S]> {
  const type = { kind: "scalar", scalar: name } as const;
  return (number, protoName) => ({
    number,
    type,
    repeated: false,
    oneof: undefined,
    required: false,
    protoName,
    zero: scalarZeros[name],
  });
}

export const bool = scalar("bool");
export const bytes = scalar("bytes");
export const key = scalar("key");
export const string = scalar("string");
export const uint32 = scalar("uint32");
export const int64 = scalar("int64");
export const uint64 = scalar("uint64");
export const sint64 = scalar("sint64");
export const int64Id = scalar("int64Id");
export const uint64Id = scalar("uint64Id");

export function enumeration(...names: readonly string[]): (number: number, protoName?: string) => Field<number> {
  const type = { kind: "enum", enumeration: { names } } as const;
  return (number, protoName) => ({ number, type, repeated: false, oneof: undefined, required: false, protoName, zero: 0 });
}

/** A message within a message; given as a function where the two hold each other. */
export function nested<T>(number: number, message: Message<T> | (() => Message<T>), protoName?: string): Field<T | undefined> {
  const of = typeof message === "function" ? message : () => message;
  return {
    number,
    type: { kind: "message", message: of },
    repeated: false,
    oneof: undefined,
    required: false,
    protoName,
    zero: undefined,
  };
}

/** There or not, whatever its value: a oneof of its own. */
export function optional<T>(field: Field<T>): Field<T | undefined> {
  return { ...field, oneof: `_${field.number}`, zero: undefined };
}

/** Proto2's `required`. */
export function required<T>(field: Field<T>): Field<Exclude<T, undefined>> {
  return { ...(field as Field<Exclude<T, undefined>>), required: true };
}

export function repeated<T>(field: Field<T>): Field<readonly Exclude<T, undefined>[]> {
  return { ...field, repeated: true, zero: [] };
}

export function oneof<F extends Readonly<Record<string, Field<unknown>>>>(
  name: string,
  fields: F,
): { readonly [K in keyof F]: F[K] extends Field<infer T> ? Field<T | undefined> : never } {
  const marked = Object.entries(fields).map(([each, field]) => [each, { ...field, oneof: name, zero: undefined }]);
  return Object.fromEntries(marked) as ReturnType<typeof oneof<F>>;
}

export function message<F extends Readonly<Record<string, Field<unknown>>>>(name: string, fields: F): Message<Shape<F>> {
  const entries = Object.entries(fields);
  const named = entries.map(([each, field]) => ({
    ...field,
    name: each,
    protoName: field.protoName ?? snakeCase(each),
    wireType: wireTypeOf(field.type),
    rivals: entries.flatMap(([other, { oneof: of }]) =>
      of !== undefined && of === field.oneof && other !== each ? [other] : [],
    ),
  }));
  const zero = Object.fromEntries(named.map((field) => [field.name, field.required ? undefined : field.zero])) as Shape<F>;
  return { name, fields: named.sort((a, b) => a.number - b.number), required: named.filter((field) => field.required), zero };
}

function wireTypeOf(type: FieldType): number {
  if (type.kind === "message") return wireType.lengthDelimited;
  if (type.kind === "enum") return wireType.varint;
  const isBytes = type.scalar === "bytes" || type.scalar === "key" || type.scalar === "string";
  return isBytes ? wireType.lengthDelimited : wireType.varint;
}

/** `rangeEnd` -> `range_end`. */
function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Whether a field of this value, unless it is one of a oneof, is left out. */
export function isZero(value: unknown): boolean {
  return value === 0 || value === false || value === "" || value === 0n || (value instanceof Uint8Array && value.length === 0);
}
