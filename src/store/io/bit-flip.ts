import { closeSync, openSync, readSync, writeSync } from "node:fs";
import type { Log } from "../../core/log-line.js";
import type { Prng } from "../../core/prng.js";
import type { ByteRange } from "./wal.js";

export interface BitFlipOptions {
  /** Where a bit may be flipped. */
  readonly ranges: () => readonly ByteRange[];
  readonly prng: Prng;
  readonly log: Log;
}

interface Flipped {
  readonly path: string;
  readonly offset: number;
  /** What the byte was, and what it is now. */
  readonly before: number;
  readonly after: number;
}

/** One bit of the write-ahead log that is other than it was written, for as long as it is wanted. Nobody reads it before the next start. */
export class BitFlip {
  readonly #options: BitFlipOptions;
  #wanted = false;
  #flipped: Flipped | undefined;

  constructor(options: BitFlipOptions) {
    this.#options = options;
  }

  /** Flips a bit, or turns the flipped one back where its file is still there. What is so already stays as it is. */
  set(wanted: boolean): void {
    this.#wanted = wanted;
    if (wanted) this.tryAgain();
    else this.#turnBack();
  }

  /** The log has grown: a flip that is wanted and had no record to go to may have one now. */
  tryAgain(): void {
    if (!this.#wanted || this.#flipped !== undefined) return;
    const { ranges, prng, log } = this.#options;
    const place = pickByte(ranges(), prng);
    if (place === undefined) return;
    const { path, offset } = place;
    const before = readByte(path, offset);
    // the range may be of a file that compaction has just removed
    if (before === undefined) return;
    const bit = prng.int(0, 7);
    const after = before ^ (1 << bit);
    writeByte(path, offset, after);
    this.#flipped = { path, offset, before, after };
    log("warn", "bit-flipped", `flipped a bit of ${path}`, { file: path, offset, bit });
  }

  #turnBack(): void {
    if (this.#flipped === undefined) return;
    const { path, offset, before, after } = this.#flipped;
    this.#flipped = undefined;
    if (readByte(path, offset) !== after) return;
    writeByte(path, offset, before);
    this.#options.log("info", "bit-restored", `turned the flipped bit of ${path} back`, { file: path, offset });
  }
}

/** Each byte of all ranges is as likely as any other; undefined where there is none. */
function pickByte(ranges: readonly ByteRange[], prng: Prng): { path: string; offset: number } | undefined {
  const bytes = ranges.reduce((sum, { start, end }) => sum + end - start, 0);
  let left = prng.int(0, bytes - 1);
  for (const { path, start, end } of ranges) {
    if (left < end - start) return { path, offset: start + left };
    left -= end - start;
  }
  return undefined;
}

/** Undefined where the file or the byte is not there. */
function readByte(path: string, offset: number): number | undefined {
  const byte = Buffer.alloc(1);
  try {
    return withFile(path, "r", (fd) => readSync(fd, byte, 0, 1, offset)) === 1 ? byte[0] : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function writeByte(path: string, offset: number, value: number): void {
  withFile(path, "r+", (fd) => writeSync(fd, Buffer.of(value), 0, 1, offset));
}

function withFile<T>(path: string, flags: string, use: (fd: number) => T): T {
  const fd = openSync(path, flags);
  try {
    return use(fd);
  } finally {
    closeSync(fd);
  }
}
