import { DataTypeError } from "./errors.js";

/**
 * Bytes of which a state has exactly one spelling: numbers are varints of the least length, texts (latin1) carry their length, and keys stand in
 * ascending order. The reader refuses every other spelling, so bytes that it takes are those that the writer makes of what it read.
 */

/** Bytes of a varint at most: sums of 64-bit increments need a few more than ten. */
const varintBytesMax = 19;

export class CanonicalWriter {
  #bytes = Buffer.allocUnsafe(256);
  #used = 0;

  byte(value: number): void {
    this.#grow(1);
    this.#bytes[this.#used++] = value;
  }

  /** A whole number from 0 on. */
  uint(value: number): void {
    this.#grow(varintBytesMax);
    while (value >= 0x80) {
      this.#bytes[this.#used++] = (value % 0x80) | 0x80;
      value = Math.floor(value / 0x80);
    }
    this.#bytes[this.#used++] = value;
  }

  bigUint(value: bigint): void {
    while (value >= 0x80n) {
      this.byte(Number(value & 0x7fn) | 0x80);
      value >>= 7n;
    }
    this.byte(Number(value));
  }

  text(value: string): void {
    this.uint(value.length);
    this.#grow(value.length);
    this.#used += this.#bytes.write(value, this.#used, "latin1");
  }

  raw(value: Uint8Array): void {
    this.#grow(value.length);
    this.#bytes.set(value, this.#used);
    this.#used += value.length;
  }

  /** What was written; the writer is done with. */
  finish(): Buffer {
    return this.#bytes.subarray(0, this.#used);
  }

  #grow(more: number): void {
    if (this.#used + more <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#used + more));
    larger.set(this.#bytes.subarray(0, this.#used));
    this.#bytes = larger;
  }
}

/** Throws {@link DataTypeError} at what a {@link CanonicalWriter} does not write. */
export class CanonicalReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw new DataTypeError("cut off");
    return byte;
  }

  uint(): number {
    let value = 0;
    for (let unit = 1; ; unit *= 0x80) {
      const byte = this.byte();
      value += (byte & 0x7f) * unit;
      if (unit > Number.MAX_SAFE_INTEGER || value > Number.MAX_SAFE_INTEGER) throw new DataTypeError("a number beyond 2^53");
      if (byte < 0x80) return this.#shortest(byte, unit === 1, value);
    }
  }

  bigUint(): bigint {
    let value = 0n;
    for (let read = 0; read < varintBytesMax; read++) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << BigInt(7 * read);
      if (byte < 0x80) return this.#shortest(byte, read === 0, value);
    }
    throw new DataTypeError(`a number longer than ${varintBytesMax} bytes`);
  }

  text(): string {
    const length = this.uint();
    if (length > this.#left()) throw new DataTypeError("a text is cut off");
    return this.#bytes.toString("latin1", this.#at, (this.#at += length));
  }

  /** A view of the next bytes. */
  raw(length: number): Uint8Array {
    if (length > this.#left()) throw new DataTypeError("cut off");
    return this.#bytes.subarray(this.#at, (this.#at += length));
  }

  /** How many of something follow, each of which takes a byte at least: never more than there are bytes. */
  count(): number {
    const count = this.uint();
    if (count > this.#left()) throw new DataTypeError(`${count} of something in ${this.#left()} bytes`);
    return count;
  }

  end(): void {
    if (this.#left() > 0) throw new DataTypeError(`${this.#left()} bytes too many`);
  }

  #left(): number {
    return this.#bytes.length - this.#at;
  }

  #shortest<N>(lastByte: number, isOnly: boolean, value: N): N {
    if (lastByte === 0 && !isOnly) throw new DataTypeError("a number is longer than it must be");
    return value;
  }
}

/** By key, ascending. */
export function writeEntries<V>(out: CanonicalWriter, entries: ReadonlyMap<string, V>, writeValue: (value: V) => void): void {
  out.uint(entries.size);
  for (const [key, value] of inOrder(entries)) {
    out.text(key);
    writeValue(value);
  }
}

export function readEntries<V>(input: CanonicalReader, readValue: (key: string) => V): Map<string, V> {
  const entries = new Map<string, V>();
  let last: string | undefined;
  for (let left = input.count(); left > 0; left--) {
    const key = input.text();
    checkAscending(last, key);
    entries.set(key, readValue(key));
    last = key;
  }
  return entries;
}

export function checkAscending<K extends string | number>(last: K | undefined, next: K): void {
  if (last !== undefined && last >= next) throw new DataTypeError("keys are out of order");
}

/** By key, as bytes compare. */
export function inOrder<V>(entries: ReadonlyMap<string, V>): [string, V][] {
  return [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
}
