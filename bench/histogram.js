/**
 * Counts durations in buckets whose width grows with them, 64 to each doubling: percentiles within 1.6 %, any number of samples in a few
 * hundred counters, and histograms of several processes are added up.
 */
const perDoubling = 64;
/** The shortest that is told apart. */
const leastMs = 0.001;

export class Histogram {
  #counts;
  #total = 0;

  /** @param {number[]} counts as another one's `toJSON` gave them */
  constructor(counts = []) {
    this.#counts = [];
    this.add(counts);
  }

  record(durationMs) {
    const bucket = Math.max(0, Math.ceil(Math.log2(durationMs / leastMs) * perDoubling));
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#total++;
  }

  /** Adds what another one counted. */
  add(counts) {
    for (const [bucket, count] of counts.entries()) {
      if (!count) continue;
      this.#counts[bucket] = (this.#counts[bucket] ?? 0) + count;
      this.#total += count;
    }
  }

  get total() {
    return this.#total;
  }

  /** Milliseconds that at least `share` of all do not exceed (nearest rank), as the upper edge of their bucket; NaN without samples. */
  percentile(share) {
    let left = Math.max(1, Math.ceil(share * this.#total));
    for (const [bucket, count] of this.#counts.entries()) {
      left -= count ?? 0;
      if (left <= 0) return leastMs * 2 ** (bucket / perDoubling);
    }
    return Number.NaN;
  }

  /** For other processes; gaps become null, which counts as none. */
  toJSON() {
    return this.#counts;
  }
}
