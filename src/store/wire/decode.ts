import { unreachable } from "../../core/invariant.js";
import { depthMax, wireType } from "./schema.js";
import type { Message, NamedField, Scalar } from "./schema.js";
import { bigintOfHalves, numberOfHalves, unZigzag } from "./varint.js";
import type { Halves } from "./varint.js";

/** The bytes are no message of the kind asked for. */
export class WireError extends Error {
  override readonly name = "WireError";
}

/** Two bytes on the wire can cost an element of a hundred here: no message of etcd's needs as many. */
const elementsMax = 100_000;

/**
 * Reads one message. Fields nobody knows are skipped; of a field that comes twice the last counts, messages are merged. Values of type
 * `bytes` are views of `bytes`: copy what stays. Throws {@link WireError}.
 */
export function decode<T>(message: Message<T>, bytes: Buffer): T {
  return new Reader(bytes).message(message, bytes.length, undefined, 1) as T;
}

type Values = Record<string, unknown>;

class Reader {
  readonly #bytes: Buffer;
  #at = 0;
  #elements = 0;
  readonly #halves: Halves = { low: 0, high: 0 };

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** Up to `end`, into `known` where there is one. */
  message(message: Message<unknown>, end: number, known: Values | undefined, depth: number): Values {
    if (depth > depthMax) throw new WireError(`${message.name}: nested more than ${depthMax} deep`);
    const values = known ?? { ...(message.zero as Values) };
    while (this.#at < end) {
      const tag = this.#uint32(end);
      const number = tag >>> 3;
      const type = tag & 7;
      if (number === 0) throw new WireError(`${message.name}: there is no field 0`);
      const field = fieldOf(message, number);
      if (field === undefined) this.#skip(type, end);
      else this.#field(message, field, values, type, end, depth);
    }
    for (const { name, protoName } of message.required) {
      if (values[name] === undefined) throw new WireError(`${message.name}.${protoName} is missing`);
    }
    return values;
  }

  #field(message: Message<unknown>, field: NamedField, values: Values, type: number, end: number, depth: number): void {
    const { name, wireType: wanted } = field;
    if (type !== wanted) {
      if (!(field.repeated && type === wireType.lengthDelimited && wanted === wireType.varint))
        throw new WireError(`${message.name}.${field.protoName} has wire type ${type}`);
      const packedEnd = this.#length(end);
      while (this.#at < packedEnd) this.#add(values, field, this.#value(field, undefined, packedEnd, depth));
      return;
    }
    if (field.repeated) {
      this.#add(values, field, this.#value(field, undefined, end, depth));
      return;
    }
    const value = this.#value(field, values[name], end, depth);
    for (const rival of field.rivals) values[rival] = undefined;
    values[name] = value;
  }

  #add(values: Values, { name, zero }: NamedField, value: unknown): void {
    if (++this.#elements > elementsMax) throw new WireError(`more than ${elementsMax} repeated values`);
    const list = values[name];
    if (list === zero) values[name] = [value];
    else (list as unknown[]).push(value);
  }

  #value({ type }: NamedField, known: unknown, end: number, depth: number): unknown {
    switch (type.kind) {
      case "message": {
        const inner = this.#length(end);
        return this.message(type.message(), inner, known as Values | undefined, depth + 1);
      }
      case "enum":
        this.#varint(end);
        return this.#halves.low | 0;
      case "scalar":
        return this.#scalar(type.scalar, end);
      default:
        return unreachable(type);
    }
  }

  #scalar(scalar: Scalar, end: number): unknown {
    switch (scalar) {
      case "bytes": {
        const to = this.#length(end);
        return this.#bytes.subarray(this.#at, (this.#at = to));
      }
      case "key": {
        const to = this.#length(end);
        return this.#bytes.toString("latin1", this.#at, (this.#at = to));
      }
      case "string": {
        const to = this.#length(end);
        return this.#bytes.toString("utf8", this.#at, (this.#at = to));
      }
      case "bool":
        this.#varint(end);
        return this.#halves.low !== 0 || this.#halves.high !== 0;
      case "uint32":
        this.#varint(end);
        return this.#halves.low;
      case "int64":
      case "uint64":
        this.#varint(end);
        return numberOfHalves(this.#halves, scalar === "int64");
      case "sint64":
        this.#varint(end);
        return bigintOfHalves(unZigzag(this.#halves), true);
      case "int64Id":
      case "uint64Id":
        this.#varint(end);
        return bigintOfHalves(this.#halves, scalar === "int64Id");
      default:
        return unreachable(scalar);
    }
  }

  /** Where the bytes of a length-delimited value end, which is never behind `end`. */
  #length(end: number): number {
    const to = this.#uint32(end) + this.#at;
    if (to > end) throw new WireError("a length reaches behind the end");
    return to;
  }

  #skip(type: number, end: number): void {
    switch (type) {
      case wireType.varint:
        this.#varint(end);
        return;
      case wireType.fixed64:
        this.#at += 8;
        break;
      case wireType.fixed32:
        this.#at += 4;
        break;
      case wireType.lengthDelimited:
        this.#at = this.#length(end);
        break;
      default:
        throw new WireError(`wire type ${type} is not used in proto3`);
    }
    if (this.#at > end) throw new WireError("a field is cut off");
  }

  #uint32(end: number): number {
    const byte = this.#bytes[this.#at];
    if (this.#at < end && byte !== undefined && byte < 0x80) {
      this.#at++;
      return byte;
    }
    this.#varint(end);
    if (this.#halves.high !== 0) throw new WireError("a tag or a length beyond 2^32");
    return this.#halves.low;
  }

  /** Into the halves; bits above the 64th are dropped. */
  #varint(end: number): void {
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.#at >= end) throw new WireError("a number is cut off");
      const byte = this.#bytes[this.#at++] as number;
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high = bits >>> 4;
      } else high |= bits << (shift - 32);
      if (byte < 0x80) {
        this.#halves.low = low >>> 0;
        this.#halves.high = high >>> 0;
        return;
      }
    }
    throw new WireError("a number longer than ten bytes");
  }
}

/** Fields are numbered from 1 without gaps, but for a few. */
function fieldOf({ fields }: Message<unknown>, number: number): NamedField | undefined {
  const likely = fields[number - 1];
  return likely?.number === number ? likely : fields.find((field) => field.number === number);
}
