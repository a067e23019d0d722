/**
 * A set of strings in order: a list of sorted chunks, so that an insertion moves at most one chunk's worth of keys.
 * Keys hold one character per byte (latin1), which makes JavaScript's string order the order of the bytes.
 */
export class SortedKeys {
  // Invariants: no chunk is empty; chunks and what they hold ascend; no key twice.
  readonly #chunks: string[][] = [];

  /** Keys that must not be in the set yet. */
  add(key: string): void {
    const at = this.#chunkFor(key);
    const chunk = this.#chunks[at];
    if (chunk === undefined) {
      this.#chunks.push([key]);
      return;
    }
    chunk.splice(lowerBound(chunk, key), 0, key);
    if (chunk.length > chunkKeysMax) this.#chunks.splice(at + 1, 0, chunk.splice(chunk.length >>> 1));
  }

  /** Forgets a key that is in the set. */
  delete(key: string): void {
    const at = this.#chunkFor(key);
    const chunk = this.#chunks[at];
    if (chunk === undefined) return;
    const position = lowerBound(chunk, key);
    if (chunk[position] !== key) return;
    chunk.splice(position, 1);
    if (chunk.length === 0) this.#chunks.splice(at, 1);
  }

  /** The keys in [from, end), ascending; `end` undefined: to the last one. */
  *between(from: string, end: string | undefined): Generator<string, void, undefined> {
    let at = this.#chunkFor(from);
    let position = lowerBound(this.#chunks[at] ?? [], from);
    for (; at < this.#chunks.length; at++, position = 0) {
      const chunk = this.#chunks[at] ?? [];
      for (; position < chunk.length; position++) {
        const key = chunk[position] as string;
        if (end !== undefined && key >= end) return;
        yield key;
      }
    }
  }

  /** The last chunk that starts at or before `key`, or the first one. */
  #chunkFor(key: string): number {
    let low = 0;
    let high = this.#chunks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#chunks[middle]?.[0] as string) <= key) low = middle + 1;
      else high = middle;
    }
    return Math.max(0, low - 1);
  }
}

const chunkKeysMax = 512;

/** Position of the first element not below `key`. */
function lowerBound(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] as string) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
