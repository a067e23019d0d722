import type { RealTime } from "../../src/store/clock.js";

/** A machine whose time passes when the test says so. */
export class Machine implements RealTime {
  nowMs = 0;
  readonly #timers = new Set<{ readonly dueMs: number; readonly act: () => void }>();

  readonly wallMs = (): number => 1_700_000_000_000 + this.nowMs;
  readonly monotonicMs = (): number => 500 + this.nowMs;
  readonly after = (delayMs: number, act: () => void): (() => void) => {
    const timer = { dueMs: this.nowMs + delayMs, act };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  };

  /** True while somebody waits for time to pass. */
  get isAwaited(): boolean {
    return this.#timers.size > 0;
  }

  /** Time passes and timers ring in their order. */
  pass(ms: number): void {
    const endMs = this.nowMs + ms;
    for (;;) {
      const [next] = [...this.#timers].filter(({ dueMs }) => dueMs <= endMs).sort((a, b) => a.dueMs - b.dueMs);
      if (next === undefined) break;
      this.#timers.delete(next);
      this.nowMs = Math.max(this.nowMs, next.dueMs);
      next.act();
    }
    this.nowMs = endMs;
  }

  /** Time passes while nothing of this process runs. */
  sleep(ms: number): void {
    this.nowMs += ms;
    this.pass(0);
  }
}
