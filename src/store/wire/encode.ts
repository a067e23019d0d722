import { unreachable } from "../../core/invariant.js";
import { isZero } from "./schema.js";
import type { Given, Message, NamedField, Scalar } from "./schema.js";
import { halvesOfBigint, halvesOfNumber, varintLength, writeVarint, zigzag } from "./varint.js";

/** The bytes of one message, in a buffer of its own. What has its zero value is left out, but for members of a oneof. */
export function encode<T>(message: Message<T>, value: Given<T>): Buffer {
  const writer = new Writer();
  writer.message(message, value as Values);
  return writer.take();
}

type Values = Readonly<Record<string, unknown>>;

/** Kept between messages, so that most need no memory but the result's. */
let scratch = Buffer.allocUnsafe(4096);
/** A larger one is not kept: one large answer should not cost its memory for ever. */
const scratchKeptMax = 2 ** 20;

/** Shorter texts of one character a byte are written sooner than a call of the runtime begins to. */
const shortTextMax = 32;

/**
 * Writes back to front: the length of what is nested is known once it stands there, so that nothing is measured first or moved afterwards.
 */
class Writer {
  #bytes = scratch;
  #at = scratch.length;

  take(): Buffer {
    const out = Buffer.allocUnsafe(this.#written);
    this.#bytes.copy(out, 0, this.#at);
    if (this.#bytes.length <= scratchKeptMax) scratch = this.#bytes;
    return out;
  }

  message({ fields }: Message<unknown>, values: Values): void {
    for (let i = fields.length - 1; i >= 0; i--) {
      const field = fields[i] as NamedField;
      const value = values[field.name];
      if (value === undefined) continue;
      if (field.repeated) this.#list(field, value as readonly unknown[]);
      else if (field.required || field.oneof !== undefined || !isZero(value)) this.#field(field, value);
    }
  }

  #list(field: NamedField, values: readonly unknown[]): void {
    if (values.length === 0) return;
    if (field.type.kind === "enum") {
      const before = this.#written;
      for (let i = values.length - 1; i >= 0; i--) this.#value(field, values[i]);
      this.#lengthSince(before);
      this.#tag(field, 2);
      return;
    }
    for (let i = values.length - 1; i >= 0; i--) this.#field(field, values[i]);
  }

  #field(field: NamedField, value: unknown): void {
    const isDelimited = this.#value(field, value);
    this.#tag(field, isDelimited ? 2 : 0);
  }

  #tag({ number }: NamedField, wireType: number): void {
    this.#varint(number * 8 + wireType, 0);
  }

  /** True where the value has a length before it. */
  #value({ type }: NamedField, value: unknown): boolean {
    switch (type.kind) {
      case "message": {
        const before = this.#written;
        this.message(type.message(), value as Values);
        this.#lengthSince(before);
        return true;
      }
      case "enum":
        this.#number(value as number);
        return false;
      case "scalar":
        return this.#scalar(type.scalar, value);
      default:
        return unreachable(type);
    }
  }

  #scalar(scalar: Scalar, value: unknown): boolean {
    switch (scalar) {
      case "bytes": {
        const bytes = value as Uint8Array;
        this.#reserve(bytes.length);
        this.#bytes.set(bytes, this.#at);
        this.#varint(bytes.length, 0);
        return true;
      }
      case "key":
        this.#text(value as string, "latin1");
        return true;
      case "string":
        this.#text(value as string, "utf8");
        return true;
      case "bool":
        this.#varint(value === true ? 1 : 0, 0);
        return false;
      case "uint32":
      case "int64":
      case "uint64":
        this.#number(value as number);
        return false;
      case "sint64": {
        const { low, high } = zigzag(halvesOfBigint(value as bigint));
        this.#varint(low, high);
        return false;
      }
      case "int64Id":
      case "uint64Id": {
        const { low, high } = halvesOfBigint(value as bigint);
        this.#varint(low, high);
        return false;
      }
      default:
        return unreachable(scalar);
    }
  }

  #text(text: string, encoding: "latin1" | "utf8"): void {
    const length = encoding === "latin1" ? text.length : Buffer.byteLength(text);
    this.#reserve(length);
    if (length === text.length && length < shortTextMax) {
      for (let at = 0; at < length; at++) this.#bytes[this.#at + at] = text.charCodeAt(at);
    } else {
      this.#bytes.write(text, this.#at, encoding);
    }
    this.#varint(length, 0);
  }

  #number(value: number): void {
    if (value >= 0 && value < 2 ** 32) {
      this.#varint(value, 0);
      return;
    }
    const { low, high } = halvesOfNumber(value);
    this.#varint(low, high);
  }

  /** Bytes so far: positions change when the buffer grows, this does not. */
  get #written(): number {
    return this.#bytes.length - this.#at;
  }

  #lengthSince(before: number): void {
    this.#varint(this.#written - before, 0);
  }

  #varint(low: number, high: number): void {
    this.#reserve(varintLength(low, high));
    writeVarint(this.#bytes, this.#at, low, high);
  }

  /** Moves to where that many bytes more begin. What is written already ends the buffer, in a larger one too. */
  #reserve(count: number): void {
    if (count > this.#at) {
      const used = this.#written;
      const larger = Buffer.allocUnsafe(Math.max(2 * this.#bytes.length, 2 * (used + count)));
      this.#bytes.copy(larger, larger.length - used, this.#at);
      this.#bytes = larger;
      this.#at = larger.length - used;
    }
    this.#at -= count;
  }
}
