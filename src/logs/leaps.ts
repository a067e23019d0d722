import { msOfStamp, stampOfMs } from "./stamp.js";

/** No engine writes a log faster than this, in bytes a millisecond. */
const fastestWriter = 250_000;

/**
 * Notices where an engine that follows a log may have left out a whole file of it: it has fallen behind by more than that, and goes from the end
 * of the file it has read to the one that is written now, without a word.
 *
 * To write a file takes time. So what is left out shows as a leap: the stamps go on by at least that time, and the reader has not waited for
 * it. Where a program is silent for as long, the reader waits as well. A leap proves nothing; whoever sees one reads again to find out.
 */
export class Leaps {
  readonly #leastMs: number;
  #last = "";
  /** Up to here no stamp can be a leap after any of those since the bound was set. */
  #bound = "";
  #waitedMs = 0;
  /** Whether the last piece was there before the engine was asked to follow. */
  #isPast = true;

  /** `fileBytes`: how large a file grows before it is rotated. */
  constructor(fileBytes: number) {
    this.#leastMs = fileBytes / fastestWriter;
  }

  /** So long it took until the engine sent more. */
  waited(ms: number): void {
    this.#waitedMs += ms;
  }

  /** A piece that was known before. */
  known(stamp: string): void {
    this.#last = stamp;
    this.#waitedMs = 0;
  }

  /** The next piece: true where something may be missing before it. */
  isBefore(stamp: string): boolean {
    const isLeap = stamp > this.#bound && this.#isLeap(stamp);
    this.#last = stamp;
    this.#waitedMs = 0;
    this.#isPast = false;
    return isLeap;
  }

  #isLeap(stamp: string): boolean {
    const ms = msOfStamp(stamp);
    this.#bound = stampOfMs(ms + this.#leastMs / 2);
    if (this.#last === "") return false;
    const wentOnMs = ms - msOfStamp(this.#last);
    // how long ago the last of the past was said is not known here
    const unexplainedMs = this.#isPast && this.#waitedMs >= this.#leastMs ? 0 : wentOnMs - this.#waitedMs;
    return unexplainedMs >= this.#leastMs;
  }
}
