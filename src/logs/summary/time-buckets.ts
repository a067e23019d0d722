import type { Level } from "../../core/log-record.js";

/** How often each level was said in each bucket; a level that was never said is absent. All arrays are equally long. */
export type LevelCounts = Readonly<Partial<Record<Level, readonly number[]>>>;

/**
 * Counts over time in constant memory: a fixed number of buckets that starts at the first record and is 1 ms wide each, until
 * one more is needed. Then every two neighbours become one, twice as wide, and so on: from half of the buckets to all are in use.
 */
export class TimeBuckets {
  readonly #count: number;
  readonly #rows = new Map<string, Map<Level, number[]>>();
  #fromMs: number | undefined;
  #widthMs = 1;
  #used = 0;

  /** `count` is even. */
  constructor(count: number) {
    this.#count = count;
  }

  /**
   * Counts one record at `ms` since the epoch. What comes late, from before the first one, counts in the first bucket, as does
   * what has no time at all (undefined).
   */
  add(ms: number | undefined, row: string, level: Level): void {
    const bucket = ms === undefined ? 0 : this.#bucketAt(ms);
    let counts = this.#rows.get(row);
    if (counts === undefined) this.#rows.set(row, (counts = new Map<Level, number[]>()));
    let ofLevel = counts.get(level);
    if (ofLevel === undefined) counts.set(level, (ofLevel = Array.from({ length: this.#count }, () => 0)));
    ofLevel[bucket] = (ofLevel[bucket] ?? 0) + 1;
    if (bucket >= this.#used) this.#used = bucket + 1;
  }

  /** Milliseconds since the epoch at which the first bucket begins; undefined as long as no record had a time. */
  get fromMs(): number | undefined {
    return this.#fromMs;
  }

  get widthMs(): number {
    return this.#widthMs;
  }

  /** Buckets up to the last one with a record in it. */
  get used(): number {
    return this.#used;
  }

  /** The counts of every row, rows in the order in which they first spoke. */
  rows(): ReadonlyMap<string, LevelCounts> {
    return new Map(
      [...this.#rows].map(([row, counts]) => [
        row,
        Object.fromEntries([...counts].map(([level, ofLevel]) => [level, ofLevel.slice(0, this.#used)])),
      ]),
    );
  }

  #bucketAt(ms: number): number {
    this.#fromMs ??= ms;
    if (ms < this.#fromMs) return 0;
    while (ms - this.#fromMs >= this.#widthMs * this.#count) this.#double();
    return Math.floor((ms - this.#fromMs) / this.#widthMs);
  }

  #double(): void {
    for (const counts of this.#rows.values()) for (const ofLevel of counts.values()) halve(ofLevel);
    this.#used = Math.ceil(this.#used / 2);
    this.#widthMs *= 2;
  }
}

/** Every two neighbours become one, in place; the second half is empty then. */
function halve(counts: number[]): void {
  const half = counts.length / 2;
  for (let at = 0; at < half; at++) counts[at] = (counts[2 * at] ?? 0) + (counts[2 * at + 1] ?? 0);
  counts.fill(0, half);
}
