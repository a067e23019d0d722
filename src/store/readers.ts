/** What waits until an index is applied. */
export interface Reader {
  readonly index: number;
  /** By the node's monotonic clock. */
  readonly deadlineMs: number;
  readonly serve: () => void;
  /** It is not, in time. */
  readonly fail: () => void;
}

/** Serves each reader as soon as the state machine is as far as it asked for: at once, if it is so already. */
export class Readers {
  #applied: number;
  #waiting: Reader[] = [];

  constructor(applied: number) {
    this.#applied = applied;
  }

  add(reader: Reader): void {
    if (reader.index <= this.#applied) reader.serve();
    else this.#waiting.push(reader);
  }

  /** All entries up to this one are applied. */
  advance(applied: number): void {
    this.#applied = applied;
    if (this.#waiting.length === 0) return;
    const waiting = this.#waiting;
    this.#waiting = waiting.filter(({ index }) => index > applied);
    for (const { index, serve } of waiting) if (index <= applied) serve();
  }

  /** Fails who has waited for too long; at `Infinity` all who wait. */
  expire(nowMs: number): void {
    const waiting = this.#waiting;
    if (!waiting.some(({ deadlineMs }) => deadlineMs <= nowMs)) return;
    this.#waiting = waiting.filter(({ deadlineMs }) => deadlineMs > nowMs);
    for (const { deadlineMs, fail } of waiting) if (deadlineMs <= nowMs) fail();
  }
}
