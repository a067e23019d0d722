/**
 * Numbers and texts as bytes, each in exactly one way, so that equal states have equal bytes. A number is whole and below 2^53: seven bits a
 * byte, the lowest first, the last byte not zero unless it is the only one. A text is latin1: its length, then a byte a character.
 */

/** Bytes that this store did not write, or not so. The message says what is wrong with them. */
export class MalformedBytes extends Error {
  override readonly name = "MalformedBytes";
}

/** Of a number below 2^53. */
const numberBytesMax = 8;

/** Up to here a loop beats the call into the engine. */
const shortText = 24;

export function numberLength(value: number): number {
  let length = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) length++;
  return length;
}

/** Returns where it ends. */
export function writeNumber(out: Buffer, at: number, value: number): number {
  let rest = value;
  while (rest >= 0x80) {
    out[at++] = (rest % 0x80) | 0x80;
    rest = Math.floor(rest / 0x80);
  }
  out[at++] = rest;
  return at;
}

export function textLength(text: string): number {
  return numberLength(text.length) + text.length;
}

/** Returns where it ends. */
export function writeText(out: Buffer, at: number, text: string): number {
  at = writeNumber(out, at, text.length);
  if (text.length > shortText) return at + out.write(text, at, "latin1");
  for (let i = 0; i < text.length; i++) out[at++] = text.charCodeAt(i);
  return at;
}

const roomBytes = 4096;
/** More is given back once it was used. */
const roomBytesMax = 2 ** 18;

/** Writes one after the other, again and again into the same room. */
export class ByteWriter {
  private out = Buffer.allocUnsafe(roomBytes);
  private at = 0;

  byte(value: number): void {
    this.reserve(1);
    this.out[this.at++] = value;
  }

  number(value: number): void {
    this.reserve(numberBytesMax);
    this.at = writeNumber(this.out, this.at, value);
  }

  text(text: string): void {
    this.reserve(numberBytesMax + text.length);
    this.at = writeText(this.out, this.at, text);
  }

  /** Bytes, led by how many they are. */
  blob(bytes: Uint8Array): void {
    this.number(bytes.length);
    this.reserve(bytes.length);
    this.out.set(bytes, this.at);
    this.at += bytes.length;
  }

  get length(): number {
    return this.at;
  }

  /** All that was written: a view, until something is written after {@link clear}. */
  bytes(): Buffer {
    return this.out.subarray(0, this.at);
  }

  /** Begins anew. */
  clear(): void {
    this.at = 0;
    if (this.out.length > roomBytesMax) this.out = Buffer.allocUnsafe(roomBytes);
  }

  private reserve(count: number): void {
    if (this.at + count <= this.out.length) return;
    const larger = Buffer.allocUnsafe(2 * (this.at + count));
    this.out.copy(larger, 0, 0, this.at);
    this.out = larger;
  }
}

/** Reads one after the other; throws {@link MalformedBytes} where they end too early. */
export class ByteReader {
  private at = 0;
  private readonly bytes: Buffer;

  constructor(bytes: Uint8Array) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  byte(): number {
    const byte = this.bytes[this.at];
    if (byte === undefined) throw new MalformedBytes(`they end at ${this.at}, before what they announce`);
    this.at++;
    return byte;
  }

  number(): number {
    let byte = this.byte();
    if (byte < 0x80) return byte;
    let value = byte & 0x7f;
    let unit = 0x80;
    do {
      byte = this.byte();
      value += (byte & 0x7f) * unit;
      if (!Number.isSafeInteger(value)) throw new MalformedBytes(`a number beyond 2^53 ends at ${this.at}`);
      unit *= 0x80;
    } while (byte >= 0x80);
    if (byte === 0) throw new MalformedBytes(`a number that could be shorter ends at ${this.at}`);
    return value;
  }

  /** How many of something follow, of at least `bytesEach` each: so nobody reserves room for what cannot be there. */
  count(bytesEach: number): number {
    const count = this.number();
    if (count * bytesEach > this.bytes.length - this.at) throw new MalformedBytes(`${count} of something cannot follow`);
    return count;
  }

  text(): string {
    const { start, end } = this.take();
    if (end - start > shortText) return this.bytes.toString("latin1", start, end);
    const { bytes } = this;
    let text = "";
    let at = start;
    // four at a time, since each addition makes another text
    for (; at + 4 <= end; at += 4) {
      const a = bytes[at] as number;
      const b = bytes[at + 1] as number;
      text += String.fromCharCode(a, b, bytes[at + 2] as number, bytes[at + 3] as number);
    }
    for (; at < end; at++) text += String.fromCharCode(bytes[at] as number);
    return text;
  }

  /** A view: it keeps all bytes alive that it was read from. */
  blob(): Uint8Array {
    const { start, end } = this.take();
    return this.bytes.subarray(start, end);
  }

  get isAtEnd(): boolean {
    return this.at === this.bytes.length;
  }

  end(): void {
    if (this.at !== this.bytes.length) throw new MalformedBytes(`something follows at ${this.at}, where they should end`);
  }

  private take(): { readonly start: number; readonly end: number } {
    const length = this.count(1);
    const start = this.at;
    this.at += length;
    return { start, end: this.at };
  }
}
