import type { Clock } from "../../src/agent/clock.js";

/** A clock that stands until it is told to go on. */
export class FakeClock implements Clock {
  #nowMs = 1_000_000;
  #alarms: { readonly atMs: number; readonly act: () => void }[] = [];

  nowMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, act: () => void): () => void {
    const alarm = { atMs: this.#nowMs + delayMs, act };
    this.#alarms.push(alarm);
    return () => {
      this.#alarms = this.#alarms.filter((each) => each !== alarm);
    };
  }

  /** Goes on by so much, ringing every alarm on the way at its time and letting what it started finish. */
  async advance(byMs: number): Promise<void> {
    const untilMs = this.#nowMs + byMs;
    await settled();
    for (;;) {
      const next = this.#alarms.filter(({ atMs }) => atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined) break;
      this.#alarms = this.#alarms.filter((each) => each !== next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.act();
      await settled();
    }
    this.#nowMs = untilMs;
  }

  /** The machine sleeps: time passes, no alarm rings. */
  suspend(forMs: number): void {
    this.#nowMs += forMs;
  }
}

/** Everything that needs no time has happened. */
async function settled(): Promise<void> {
  for (let round = 0; round < 5; round++) await new Promise((resolve) => setImmediate(resolve));
}
