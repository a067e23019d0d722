import { decodeHuffman } from "./huffman.js";
import { headerListBytesMax, headerTableBytesMax } from "./limits.js";
import { staticFields } from "./static-table.js";

/** One line of a header list. Lines from a table are the same object every time. */
export interface HeaderField {
  readonly name: string;
  /** Its bytes, as latin1. */
  readonly value: string;
  /** False: no legal name or value, RFC 9113 §8.2.1. */
  readonly isLegal: boolean;
}

/** A header block that cannot be decoded: the tables of both ends differ from here on, so the connection is lost. RFC 7541 §2.3.3, §5. */
export class CompressionError extends Error {
  override readonly name = "CompressionError";
}

/** What an entry costs beside its text, in a table and in a list. RFC 7541 §4.1. */
const fieldOverhead = 32;
const legalName = /^:?[!#$%&'*+.^_`|~0-9a-z-]+$/;
// RFC 9113 §8.2.1: no NUL, CR, LF, and no blank at either end
const illegalValue = new RegExp(String.raw`[\0\r\n]|^[ \t]|[ \t]$`);
/** More than any length or index that is within our limits. */
const integerMax = 2 ** 24;

const staticTable = staticFields.map(([name, value]) => fieldOf(name, value));

/** The receiving end of a connection's header compression. RFC 7541. */
export class HpackDecoder {
  /** The dynamic table: the newest entry, which has the lowest index, is the last. */
  readonly #entries: HeaderField[] = [];
  #entriesBytes = 0;
  #entriesBytesMax = headerTableBytesMax;
  #block: Buffer = Buffer.alloc(0);
  #at = 0;
  #end = 0;

  /**
   * The header list of the whole block `bytes[start, end)`; undefined where it is longer than we take. Throws {@link CompressionError}.
   */
  decode(bytes: Buffer, start: number, end: number): HeaderField[] | undefined {
    this.#block = bytes;
    this.#at = start;
    this.#end = end;
    const fields: HeaderField[] = [];
    let listBytes = 0;
    while (this.#at < end) {
      const first = bytes[this.#at] as number;
      let field: HeaderField;
      if (first >= 0x80) {
        field = this.#entry(this.#integer(0x7f));
      } else if (first >= 0x40) {
        field = this.#literal(0x3f);
        this.#insert(field);
      } else if (first >= 0x20) {
        // §4.2: only where a block begins
        if (listBytes > 0) throw new CompressionError("the table's size changes within a header block");
        this.#resize(this.#integer(0x1f));
        continue;
      } else {
        field = this.#literal(0x0f);
      }
      listBytes += sizeOf(field);
      if (listBytes <= headerListBytesMax) fields.push(field);
    }
    return listBytes <= headerListBytesMax ? fields : undefined;
  }

  #literal(indexMask: number): HeaderField {
    const index = this.#integer(indexMask);
    const name = index === 0 ? this.#string() : this.#entry(index).name;
    return fieldOf(name, this.#string());
  }

  #entry(index: number): HeaderField {
    const field =
      index <= staticTable.length ? staticTable[index - 1] : this.#entries[this.#entries.length - (index - staticTable.length)];
    if (field === undefined) throw new CompressionError(`no entry ${index} in the tables`);
    return field;
  }

  #insert(field: HeaderField): void {
    const bytes = sizeOf(field);
    this.#evict(this.#entriesBytesMax - bytes);
    // §4.4: an entry larger than the table just empties it
    if (bytes > this.#entriesBytesMax) return;
    this.#entries.push(field);
    this.#entriesBytes += bytes;
  }

  #resize(bytesMax: number): void {
    if (bytesMax > headerTableBytesMax)
      throw new CompressionError(`a table of ${bytesMax} bytes, where ${headerTableBytesMax} were offered`);
    this.#entriesBytesMax = bytesMax;
    this.#evict(bytesMax);
  }

  #evict(bytesLeft: number): void {
    while (this.#entriesBytes > bytesLeft) {
      const oldest = this.#entries.shift();
      if (oldest === undefined) return;
      this.#entriesBytes -= sizeOf(oldest);
    }
  }

  /** §5.1; `mask` covers the prefix, whose value it also is when more bytes follow. */
  #integer(mask: number): number {
    let value = this.#byte() & mask;
    if (value < mask) return value;
    for (let unit = 1; ; unit *= 128) {
      const byte = this.#byte();
      value += (byte & 0x7f) * unit;
      if (value > integerMax || unit > integerMax) throw new CompressionError("an integer beyond every limit");
      if (byte < 0x80) return value;
    }
  }

  /** §5.2. */
  #string(): string {
    const isHuffman = ((this.#block[this.#at] as number) & 0x80) !== 0;
    const length = this.#integer(0x7f);
    const start = this.#at;
    if (length > this.#end - start) throw new CompressionError("a string longer than its block");
    this.#at += length;
    if (!isHuffman) return this.#block.toString("latin1", start, this.#at);
    const text = decodeHuffman(this.#block, start, this.#at);
    if (text === undefined) throw new CompressionError("a string that is not of the Huffman code");
    return text;
  }

  #byte(): number {
    if (this.#at >= this.#end) throw new CompressionError("the header block ends within a field");
    return this.#block[this.#at++] as number;
  }
}

/**
 * A header list as a block that neither uses nor changes the peer's dynamic table, so that it can be made once and sent for ever. Values are
 * latin1.
 */
export function encodeFields(fields: readonly (readonly [name: string, value: string])[]): Buffer {
  return Buffer.concat(
    fields.flatMap(([name, value]) => {
      const index = staticFields.findIndex(([known, its]) => known === name && its === value) + 1;
      // §6.1, else §6.2.2 with a new name
      return index > 0 ? [Buffer.of(0x80 | index)] : [Buffer.of(0), encodeString(name), encodeString(value)];
    }),
  );
}

function encodeString(text: string): Buffer {
  const bytes = Buffer.from(text, "latin1");
  if (bytes.length < 0x7f) return Buffer.concat([Buffer.of(bytes.length), bytes]);
  const length = [0x7f];
  let rest = bytes.length - 0x7f;
  for (; rest >= 0x80; rest >>= 7) length.push(0x80 | (rest & 0x7f));
  return Buffer.concat([Buffer.from([...length, rest]), bytes]);
}

function fieldOf(name: string, value: string): HeaderField {
  return { name, value, isLegal: legalName.test(name) && !illegalValue.test(value) };
}

function sizeOf(field: HeaderField): number {
  return field.name.length + field.value.length + fieldOverhead;
}
