const seconds = 60;

/** Counts events: all there were, and those of the last minute, in steps of a second. */
export class Spiral {
  readonly #counts = new Float64Array(seconds);
  /** Of which second each count is. */
  readonly #of = new Float64Array(seconds).fill(-seconds);
  #total = 0;

  get total(): number {
    return this.#total;
  }

  add(nowMs: number, count = 1): void {
    const second = Math.floor(nowMs / 1000);
    const slot = slotOf(second);
    if (this.#of[slot] !== second) this.#counts[slot] = 0;
    this.#of[slot] = second;
    this.#counts[slot] = (this.#counts[slot] ?? 0) + count;
    this.#total += count;
  }

  /** For what is counted elsewhere: there have been so many by now. */
  raiseTo(nowMs: number, total: number): void {
    if (total > this.#total) this.add(nowMs, total - this.#total);
  }

  lastMinute(nowMs: number): number {
    const first = Math.floor(nowMs / 1000) - seconds + 1;
    return this.#counts.reduce((sum, count, slot) => ((this.#of[slot] as number) >= first ? sum + count : sum), 0);
  }
}

/** Also of a second before the clock began. */
function slotOf(second: number): number {
  return ((second % seconds) + seconds) % seconds;
}
