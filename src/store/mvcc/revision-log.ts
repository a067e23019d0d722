import { invariant } from "../../core/invariant.js";
import type { Revision, Version } from "./key-value.js";

/**
 * Every write since the last compaction, in order. Watches read on in it, and a compaction finds in it which keys to look at.
 *
 * A write has a position, counted from 0 for the first one and never given twice. The log is a list of chunks of equal length, so that a
 * position is found at once, and dropping the oldest writes moves nothing.
 */
export class RevisionLog {
  // chunks[i] holds the positions from (#firstChunk + i) * chunkVersions on. What was dropped of the first chunk is undefined.
  readonly #chunks: (Version | undefined)[][] = [];
  #firstChunk = 0;
  #start = 0;
  #end = 0;

  /** Position of the oldest write that is still here; {@link end} if there is none. */
  get start(): number {
    return this.#start;
  }

  /** The position that the next write will have. */
  get end(): number {
    return this.#end;
  }

  /** Adds a write, which comes after all others by (modRevision, sub). */
  append(version: Version): void {
    if (this.#end % chunkVersions === 0) this.#chunks.push([]);
    this.#chunks[this.#chunks.length - 1]?.push(version);
    this.#end++;
  }

  at(position: number): Version {
    const version = this.#chunks[Math.floor(position / chunkVersions) - this.#firstChunk]?.[position % chunkVersions];
    invariant(
      version !== undefined,
      `a position of the revision log lies between ${this.#start} and ${this.#end}, not at ${position}`,
    );
    return version;
  }

  /** Position of the first write of `revision` or later. */
  find(revision: Revision): number {
    let low = this.#start;
    let high = this.#end;
    while (low < high) {
      const middle = low + Math.floor((high - low) / 2);
      if (this.at(middle).modRevision < revision) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The writes of `revision` and later ones. */
  *from(revision: Revision): Generator<Version, void, undefined> {
    for (let position = this.find(revision); position < this.#end; position++) yield this.at(position);
  }

  /** Forgets all writes before `position`. */
  dropBefore(position: number): void {
    const chunk = Math.floor(position / chunkVersions);
    this.#chunks.splice(0, chunk - this.#firstChunk);
    this.#firstChunk = chunk;
    this.#chunks[0]?.fill(undefined, 0, position % chunkVersions);
    this.#start = position;
  }
}

const chunkVersions = 4096;
