import { unreachable } from "../../core/invariant.js";
import { depthMax, isZero } from "./schema.js";
import type { Given, Message, NamedField, Scalar } from "./schema.js";
import { saturated } from "./varint.js";

/**
 * Messages as JSON, as etcd's gateway has them: bytes in base64, 64-bit numbers as texts, values of enums by name, names as in the proto; what has
 * its zero value is left out. Taken as well: camelCase, 64-bit numbers as numbers, enums by number, base64 for URLs and without padding (which etcd
 * refuses); unknown fields are passed over, and so is what follows the object. https://etcd.io/docs/v3.4/dev-guide/api_grpc_gateway/ https://protobuf.dev/programming-guides/json/
 */

/** The text is no message of the kind asked for; one sentence. */
export class JsonError extends Error {
  override readonly name = "JsonError";
}

type Values = Readonly<Record<string, unknown>>;

/** An empty text stands for a message without fields, and so does `null`. Throws {@link JsonError}. */
export function fromJson<T>(message: Message<T>, text: string): T {
  const json = parse(text) ?? parse(firstValue(text));
  if (json === undefined) throw new JsonError("the body is not JSON");
  return messageFrom(message, json.value ?? {}, "the body", 1) as T;
}

export function toJson<T>(message: Message<T>, values: Given<T>): string {
  return JSON.stringify(messageTo(message, values as Values));
}

// ---- from JSON ----

function parse(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

/** etcd reads the one value that a text begins with. A text that does not begin with an object or `null` is given back as it is. */
function firstValue(text: string): string {
  const begun = text.trimStart();
  if (begun === "" || begun.startsWith("null")) return "null";
  return begun.startsWith("{") ? begun.slice(0, endOfObject(begun)) : text;
}

/** Behind the brace that closes the one at the beginning; the text's length where none does. */
function endOfObject(text: string): number {
  let open = 0;
  let isInString = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (isInString) {
      if (char === "\\") at++;
      else if (char === `"`) isInString = false;
    } else if (char === `"`) isInString = true;
    else if (char === "{") open++;
    else if (char === "}" && --open === 0) return at + 1;
  }
  return text.length;
}

function messageFrom(message: Message<unknown>, json: unknown, place: string, depth: number): Values {
  if (depth > depthMax) throw new JsonError(`the body is nested more than ${depthMax} deep`);
  if (typeof json !== "object" || json === null || Array.isArray(json)) throw new JsonError(`${place} is not a JSON object`);
  const values: Record<string, unknown> = { ...(message.zero as Values) };
  for (const [spelt, value] of Object.entries(json)) {
    const field = message.fields.find(({ protoName }) => protoName === spelt || camelCase(protoName) === spelt);
    if (field === undefined || value === null) continue;
    if (!field.repeated) values[field.name] = valueFrom(field, value, spelt, depth);
    else if (Array.isArray(value)) values[field.name] = value.map((each) => valueFrom(field, each, spelt, depth));
    else throw new JsonError(`"${spelt}" is not a list`);
  }
  return values;
}

/** `range_end` -> `rangeEnd`. */
function camelCase(name: string): string {
  return name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}

function valueFrom({ type }: NamedField, json: unknown, name: string, depth: number): unknown {
  switch (type.kind) {
    case "message":
      return messageFrom(type.message(), json, `"${name}"`, depth + 1);
    case "enum": {
      const number = typeof json === "string" ? type.enumeration.names.indexOf(json) : json;
      if (typeof number === "number" && Number.isInteger(number) && number >= 0 && number < 2 ** 31) return number;
      throw new JsonError(`"${name}" is none of ${type.enumeration.names.join(", ")}`);
    }
    case "scalar":
      return scalarFrom(type.scalar, json, name);
    default:
      return unreachable(type);
  }
}

const rangeOf = {
  uint32: [0n, 2n ** 32n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
} as const;

function scalarFrom(scalar: Scalar, json: unknown, name: string): unknown {
  switch (scalar) {
    case "bool":
      if (typeof json === "boolean") return json;
      throw new JsonError(`"${name}" must be true or false`);
    case "string":
      if (typeof json === "string") return json;
      throw new JsonError(`"${name}" must be a text`);
    case "bytes":
    case "key": {
      const bytes = typeof json === "string" ? base64Bytes(json) : undefined;
      if (bytes === undefined) throw new JsonError(`"${name}" is not base64`);
      return scalar === "key" ? bytes.toString("latin1") : bytes;
    }
    case "uint32":
    case "int64":
    case "uint64": {
      const number = typeof json === "number" ? json : wholeNumber(json, name);
      const [min, max] = rangeOf[scalar];
      // what JSON's reader gives as a number is rounded by then
      const isLegal =
        Number.isInteger(Number(number)) && number >= min && number <= (typeof number === "number" ? Number(max) : max);
      if (!isLegal) throw new JsonError(`"${name}" must be a whole number of type ${scalar}`);
      return saturated(Number(number));
    }
    case "sint64":
    case "int64Id":
    case "uint64Id": {
      const id = wholeNumber(json, name);
      const fitted = scalar === "uint64Id" ? BigInt.asUintN(64, id) : BigInt.asIntN(64, id);
      if (fitted !== id) throw new JsonError(`"${name}" does not fit into 64 bits`);
      return id;
    }
    default:
      return unreachable(scalar);
  }
}

/** Both alphabets, padded or not, with line ends anywhere. Node's decoder takes all this, but also what is nothing of the kind: then undefined. */
function base64Bytes(text: string): Buffer | undefined {
  const digitsAndPadding = /[\r\n]/.test(text) ? text.replace(/[\r\n]/g, "") : text;
  const [whole, padding = ""] = /^[A-Za-z0-9+/_-]*(={0,2})$/.exec(digitsAndPadding) ?? [];
  if (whole === undefined) return undefined;
  const digits = whole.length - padding.length;
  const isWhole = padding === "" ? digits % 4 !== 1 : whole.length % 4 === 0;
  return isWhole ? Buffer.from(whole, "base64") : undefined;
}

function wholeNumber(json: unknown, name: string): bigint {
  const text = typeof json === "number" ? String(json) : json;
  if (typeof text !== "string" || !/^-?\d{1,20}$/.test(text)) throw new JsonError(`"${name}" must be a whole number`);
  return BigInt(text);
}

// ---- to JSON ----

function messageTo({ fields }: Message<unknown>, values: Values): Values {
  const json: Record<string, unknown> = {};
  for (const field of fields) {
    const value = values[field.name];
    if (value === undefined) continue;
    if (field.repeated) {
      const list = value as readonly unknown[];
      if (list.length > 0) json[field.protoName] = list.map((each) => valueTo(field, each));
    } else if (field.oneof !== undefined || !isZero(value)) json[field.protoName] = valueTo(field, value);
  }
  return json;
}

function valueTo({ type }: NamedField, value: unknown): unknown {
  switch (type.kind) {
    case "message":
      return messageTo(type.message(), value as Values);
    case "enum":
      return type.enumeration.names[value as number] ?? value;
    case "scalar":
      return scalarTo(type.scalar, value);
    default:
      return unreachable(type);
  }
}

function scalarTo(scalar: Scalar, value: unknown): unknown {
  switch (scalar) {
    case "bool":
    case "string":
    case "uint32":
      return value;
    case "bytes": {
      const { buffer, byteOffset, byteLength } = value as Uint8Array;
      return Buffer.from(buffer, byteOffset, byteLength).toString("base64");
    }
    case "key":
      return Buffer.from(value as string, "latin1").toString("base64");
    case "int64":
    case "uint64":
    case "sint64":
    case "int64Id":
    case "uint64Id":
      return String(value);
    default:
      return unreachable(scalar);
  }
}
