import { recordBytes, writeRecord, type LogRecord, type Seal } from "./record-format.js";

const roomBytes = 2 ** 14;

/** Records that go to one file together, and can be read here until they can be read there. */
export class WriteGroup {
  readonly file: number;
  /** Where in the file its first byte goes. */
  readonly start: number;
  /** Of the last write in it; 0 = none has a number. */
  lastNumber = 0;
  /** Metadata has changed with it. */
  holdsMeta = false;
  /** It must be durable before it counts as written, however the log is synced otherwise. */
  mustSync = false;
  #bytes: Buffer = Buffer.alloc(0);
  #length = 0;

  constructor(file: number, start: number) {
    this.file = file;
    this.start = start;
  }

  get length(): number {
    return this.#length;
  }

  /** Where the file will end. */
  get end(): number {
    return this.start + this.#length;
  }

  /** Returns where in the file the record will stand. */
  add(record: LogRecord, seal: Seal): { readonly offset: number; readonly length: number } {
    const at = this.#length;
    const length = recordBytes(record);
    if (at + length > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(2 * (at + length), roomBytes));
      this.#bytes.copy(larger, 0, 0, at);
      this.#bytes = larger;
    }
    writeRecord(this.#bytes, at, record, seal);
    this.#length += length;
    return { offset: this.start + at, length };
  }

  bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** A record of this group, or undefined where it is not in it. Nothing written to it later changes these bytes. */
  read(file: number, offset: number, length: number): Buffer | undefined {
    if (file !== this.file || offset < this.start || offset + length > this.end) return undefined;
    return this.#bytes.subarray(offset - this.start, offset - this.start + length);
  }
}
