import type { Key } from "../mvcc/key-value.js";

/** A range of keys [key, end). */
export interface Range {
  readonly key: Key;
  readonly end: Key;
}

/**
 * Ranges that may overlap, asked which of them hold a key: an interval tree that is no tree but a list in the order of beginnings, whose middle
 * is the root and so on, each with the furthest end of all below it. Ranges come and go seldom, in comparison to how often they are asked.
 */
export class RangeIndex<R extends Range> {
  readonly #ranges: R[] = [];
  /** By the position of a subtree's root; computed when it is asked for next. */
  #furthest: Key[] | undefined;

  add(range: R): void {
    this.#ranges.splice(this.#firstFrom(range.key), 0, range);
    this.#furthest = undefined;
  }

  /** One that was added. */
  delete(range: R): void {
    this.#ranges.splice(this.#ranges.indexOf(range, this.#firstFrom(range.key)), 1);
    this.#furthest = undefined;
  }

  /** Calls `visit` with each range that holds the key. */
  forEachWith(key: Key, visit: (range: R) => void): void {
    if (this.#ranges.length === 0) return;
    this.#furthest ??= this.#furthestEnds();
    this.#search(this.#furthest, 0, this.#ranges.length, key, visit);
  }

  #search(furthest: readonly Key[], low: number, high: number, key: Key, visit: (range: R) => void): void {
    if (low === high) return;
    const middle = (low + high) >>> 1;
    if ((furthest[middle] as Key) <= key) return;
    this.#search(furthest, low, middle, key, visit);
    const range = this.#ranges[middle] as R;
    if (range.key > key) return;
    if (range.end > key) visit(range);
    this.#search(furthest, middle + 1, high, key, visit);
  }

  #furthestEnds(): Key[] {
    const furthest = Array.from({ length: this.#ranges.length }, () => "");
    const fill = (low: number, high: number): Key => {
      if (low === high) return "";
      const middle = (low + high) >>> 1;
      const ends = [(this.#ranges[middle] as R).end, fill(low, middle), fill(middle + 1, high)];
      return (furthest[middle] = ends.reduce((a, b) => (a > b ? a : b)));
    };
    fill(0, furthest.length);
    return furthest;
  }

  /** Position of the first range that begins at `key` or later. */
  #firstFrom(key: Key): number {
    let low = 0;
    let high = this.#ranges.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#ranges[middle] as R).key < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
