import { frameHeaderBytes } from "./frames.js";

const pageBytes = 32 * 1024;
const pagesKept = 64;
/** A buffer longer than this is handed to the socket as it is; shorter ones are cheaper to copy. */
const copiedBytesMax = 2048;

/** Memory that frames are written into: taken for as long as a write lasts, then used again, by whichever connection is next. */
export class Pages {
  readonly #free: Buffer[] = [];

  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(pageBytes);
  }

  giveBack(pages: readonly Buffer[]): void {
    for (const page of pages) if (this.#free.length < pagesKept) this.#free.push(page);
  }
}

/** What is to be written in one go: `pages` may be given back once `parts` are out. */
export interface Batch {
  readonly parts: readonly Buffer[];
  readonly pages: readonly Buffer[];
}

/** Frames on their way out of one connection, gathered until {@link take}. */
export class Output {
  readonly #source: Pages;
  #parts: Buffer[] = [];
  #pages: Buffer[] = [];
  #page: Buffer | undefined;
  /** Of the page: what is not among the parts yet begins at `start` and ends at `at`. */
  #start = 0;
  #at = 0;
  #bytes = 0;

  constructor(source: Pages) {
    this.#source = source;
  }

  /** Gathered and not taken. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The header of a frame, RFC 9113 §4.1. */
  frame(length: number, type: number, flags: number, stream: number): void {
    const page = this.#room(frameHeaderBytes);
    const at = this.#at;
    page[at] = length >> 16;
    page[at + 1] = length >> 8;
    page[at + 2] = length;
    page[at + 3] = type;
    page[at + 4] = flags;
    page[at + 5] = stream >> 24;
    page[at + 6] = stream >> 16;
    page[at + 7] = stream >> 8;
    page[at + 8] = stream;
    this.#advance(frameHeaderBytes);
  }

  u8(value: number): void {
    this.#room(1)[this.#at] = value;
    this.#advance(1);
  }

  u16(value: number): void {
    this.#room(2).writeUInt16BE(value, this.#at);
    this.#advance(2);
  }

  u32(value: number): void {
    this.#room(4).writeUInt32BE(value, this.#at);
    this.#advance(4);
  }

  /** `bytes[start, end)`; long ones are not copied, so they must stay as they are. */
  append(bytes: Buffer, start = 0, end = bytes.length): void {
    const length = end - start;
    if (length > copiedBytesMax) {
      this.#cut();
      this.#parts.push(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end));
      this.#bytes += length;
      return;
    }
    const page = this.#room(length);
    if (length < 64) for (let from = start, to = this.#at; from < end; from++, to++) page[to] = bytes[from] as number;
    else bytes.copy(page, this.#at, start, end);
    this.#advance(length);
  }

  take(): Batch {
    this.#cut();
    const batch = { parts: this.#parts, pages: this.#pages };
    this.#parts = [];
    this.#pages = [];
    this.#page = undefined;
    this.#bytes = 0;
    return batch;
  }

  /** The page, with at least so many bytes free from `at` on. */
  #room(bytes: number): Buffer {
    if (this.#page !== undefined && this.#at + bytes <= pageBytes) return this.#page;
    this.#cut();
    this.#page = this.#source.take();
    this.#pages.push(this.#page);
    this.#start = this.#at = 0;
    return this.#page;
  }

  #advance(bytes: number): void {
    this.#at += bytes;
    this.#bytes += bytes;
  }

  #cut(): void {
    if (this.#page !== undefined && this.#at > this.#start) this.#parts.push(this.#page.subarray(this.#start, this.#at));
    this.#start = this.#at;
  }
}
