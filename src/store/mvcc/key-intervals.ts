import type { Key } from "./key-value.js";

/** A set of keys as intervals [from, to), kept disjoint and ascending, so that many of them are asked as quickly as few. */
export class KeyIntervals {
  readonly #intervals: (readonly [from: Key, to: Key])[] = [];

  /** Adds [from, to), which is nothing where it does not ascend. */
  add(from: Key, to: Key): void {
    if (from >= to) return;
    // Those from `low` to `high` touch the new one, and become one with it.
    const low = this.#count(([, end]) => end < from);
    const high = this.#count(([begin]) => begin <= to);
    const begin = this.#intervals[low]?.[0] ?? from;
    const end = this.#intervals[high - 1]?.[1] ?? to;
    const joined = low < high ? ([begin < from ? begin : from, end > to ? end : to] as const) : ([from, to] as const);
    this.#intervals.splice(low, high - low, joined);
  }

  addAll(others: KeyIntervals): void {
    for (const [from, to] of others.#intervals) this.add(from, to);
  }

  has(key: Key): boolean {
    const interval = this.#intervals[this.#count(([begin]) => begin <= key) - 1];
    return interval !== undefined && key < interval[1];
  }

  /** Whether all of [from, to) is in the set. Where that does not ascend, `from` has to be. */
  covers(from: Key, to: Key): boolean {
    const interval = this.#intervals[this.#count(([begin]) => begin <= from) - 1];
    return interval !== undefined && from < interval[1] && to <= interval[1];
  }

  /** How many intervals from the first one on are so; all that are come before all that are not. */
  #count(isSo: (interval: readonly [from: Key, to: Key]) => boolean): number {
    let low = 0;
    let high = this.#intervals.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (isSo(this.#intervals[middle] as readonly [Key, Key])) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
