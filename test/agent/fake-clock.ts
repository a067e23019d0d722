import type { Clock } from "../../src/agent/clock.js";

/** A clock that stands until it is told to go on. */
export class FakeClock implements Clock {
  #nowMs = 1_000_000;
  #monotonicMs = 0;
  #alarms: { readonly atMs: number; readonly act: () => void }[] = [];

  nowMs(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  after(delayMs: number, act: () => void): () => void {
    // an alarm is known by its own function, so that the same act may be set twice
    const ring = (): void => act();
    this.#alarms.push({ atMs: this.#monotonicMs + delayMs, act: ring });
    return () => {
      this.#alarms = this.#alarms.filter((each) => each.act !== ring);
    };
  }

  /** Goes on by so much, ringing every alarm on the way at its time and letting what it started finish. */
  async advance(byMs: number): Promise<void> {
    const untilMs = this.#monotonicMs + byMs;
    await settled();
    for (;;) {
      const next = this.#alarms.filter(({ atMs }) => atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined) break;
      this.#alarms = this.#alarms.filter((each) => each !== next);
      this.#pass(Math.max(0, next.atMs - this.#monotonicMs));
      next.act();
      await settled();
    }
    this.#pass(untilMs - this.#monotonicMs);
  }

  /** The wall clock alone is set: by somebody, forward or back, or because the machine slept, when alarms come no nearer. */
  setForward(byMs: number): void {
    this.#nowMs += byMs;
  }

  #pass(byMs: number): void {
    this.#nowMs += byMs;
    this.#monotonicMs += byMs;
  }
}

/** Everything that needs no time has happened. */
async function settled(): Promise<void> {
  for (let round = 0; round < 5; round++) await new Promise((resolve) => setImmediate(resolve));
}
