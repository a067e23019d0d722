/** Values below this are told exactly, larger ones by as many leading bits: at most 1.6 % too large. */
const exactMax = 128;
const leadingBits = 6;
/** Larger values count as this one: in microseconds it is twelve days. */
const valueMax = 2 ** 40 - 1;
const buckets = bucketOf(valueMax) + 1;

const stepMs = 10_000;
const steps = 6;

interface Step {
  /** Which one since the clock's beginning. */
  readonly number: number;
  readonly counts: Uint32Array;
  count: number;
  sum: number;
  max: number;
}

export interface Summary {
  readonly mean: number;
  readonly median: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

const nothing: Summary = { mean: 0, median: 0, p95: 0, p99: 0, max: 0 };

/**
 * How values were spread in the last minute, in steps of ten seconds. Buckets as in HdrHistogram, so that it has one size however many values there
 * are. http://hdrhistogram.org
 */
export class Histogram {
  #steps: Step[] = [];

  /** A whole number from 0 on. */
  add(nowMs: number, value: number): void {
    const bounded = Math.min(Math.max(Math.round(value), 0), valueMax);
    const step = this.#current(Math.floor(nowMs / stepMs));
    const bucket = bucketOf(bounded);
    step.counts[bucket] = (step.counts[bucket] as number) + 1;
    step.count++;
    step.sum += bounded;
    step.max = Math.max(step.max, bounded);
  }

  /** Noughts where there was nothing, as in Riak. */
  lastMinute(nowMs: number): Summary {
    const recent = this.#steps.filter(({ number }) => number > Math.floor(nowMs / stepMs) - steps);
    const count = recent.reduce((sum, step) => sum + step.count, 0);
    if (count === 0) return nothing;
    const max = Math.max(...recent.map((step) => step.max));
    const at = (share: number): number => Math.min(reached(recent, Math.ceil(count * share)), max);
    const mean = Math.round(recent.reduce((sum, step) => sum + step.sum, 0) / count);
    return { mean, median: at(0.5), p95: at(0.95), p99: at(0.99), max };
  }

  #current(number: number): Step {
    const last = this.#steps.at(-1);
    // a clock that went back adds to the latest step
    if (last !== undefined && last.number >= number) return last;
    const step = { number, counts: new Uint32Array(buckets), count: 0, sum: 0, max: 0 };
    this.#steps = [...this.#steps.filter((each) => each.number > number - steps), step];
    return step;
  }
}

/** The value that so many of all do not exceed. */
function reached(recent: readonly Step[], wanted: number): number {
  let count = 0;
  for (let bucket = 0; bucket < buckets; bucket++) {
    for (const { counts } of recent) count += counts[bucket] as number;
    if (count >= wanted) return largestIn(bucket);
  }
  return valueMax;
}

function bucketOf(value: number): number {
  if (value < exactMax) return value;
  const shift = Math.floor(Math.log2(value)) - leadingBits;
  return shift * 2 ** leadingBits + Math.floor(value / 2 ** shift);
}

function largestIn(bucket: number): number {
  if (bucket < exactMax) return bucket;
  const shift = Math.floor(bucket / 2 ** leadingBits) - 1;
  return (bucket - shift * 2 ** leadingBits + 1) * 2 ** shift - 1;
}
