import { type ClockTrouble, noClockTrouble } from "../core/store-hooks.js";

/** Time as the node's program has it: all its log stamps, ticks, time-outs and leases. */
export interface Clock {
  /** What log lines are stamped with, ms since the epoch. Can be set back. */
  readonly wallMs: () => number;
  /** Ms since some moment; never goes back. */
  readonly monotonicMs: () => number;
  /**
   * Calls `ring` whenever `intervalMs` have passed. A process that could not run for a while rings once, however late: it must not take
   * its own sleep for the silence of others. Only intervals that a jump skipped are made up for: `rings` is then more than 1.
   * The function returned ends it.
   */
  every(intervalMs: number, ring: (rings: number) => void): () => void;
}

/** The machine's time. */
export interface RealTime {
  readonly wallMs: () => number;
  readonly monotonicMs: () => number;
  /** Calls `act` once after so long; the function returned calls it off. */
  readonly after: (delayMs: number, act: () => void) => () => void;
}

interface Alarm {
  readonly intervalMs: number;
  readonly ring: (rings: number) => void;
  /** Monotonic, of this clock. */
  dueMs: number;
  /** Intervals that jumps skipped since it rang last. */
  skipped: number;
  callOff: () => void;
}

/**
 * The machine's time with {@link ClockTrouble} on top. Drift begins and changes without a step. When a jump or a drift ends, what it has
 * added leaves the wall clock at once, as when the machine is told the time again; the monotonic clock keeps it.
 */
export class TroubledClock implements Clock {
  readonly #real: RealTime;
  readonly #alarms = new Set<Alarm>();
  #trouble = noClockTrouble;
  #rate = 1;
  // Both clocks are lines through this point: where they stood when the trouble last changed.
  #sinceRealMs: number;
  #sinceMs: number;
  /** What drifting has added to the wall clock up to then. */
  #driftedMs = 0;

  constructor(real: RealTime) {
    this.#real = real;
    this.#sinceMs = this.#sinceRealMs = real.monotonicMs();
  }

  readonly wallMs = (): number => {
    const driftedMs = this.#driftedMs + this.#realMsSinceChange() * (this.#rate - 1);
    return this.#real.wallMs() + this.#trouble.skewMs + this.#trouble.jumpMs + driftedMs;
  };

  readonly monotonicMs = (): number => this.#sinceMs + this.#realMsSinceChange() * this.#rate;

  every(intervalMs: number, ring: (rings: number) => void): () => void {
    const alarm: Alarm = { intervalMs, ring, dueMs: this.monotonicMs() + intervalMs, skipped: 0, callOff: () => undefined };
    this.#alarms.add(alarm);
    this.#arm(alarm);
    return () => {
      this.#alarms.delete(alarm);
      alarm.callOff();
    };
  }

  /** From now on the clock has this trouble and no other. What is as before goes on as before: a jump is not made twice. */
  set(trouble: ClockTrouble): void {
    const passedRealMs = this.#realMsSinceChange();
    const beforeMs = this.#sinceMs + passedRealMs * this.#rate;
    const afterMs = beforeMs + Math.max(0, trouble.jumpMs - this.#trouble.jumpMs);
    this.#driftedMs = trouble.driftPercent === 0 ? 0 : this.#driftedMs + passedRealMs * (this.#rate - 1);
    this.#sinceRealMs += passedRealMs;
    this.#sinceMs = afterMs;
    this.#rate = 1 + trouble.driftPercent / 100;
    this.#trouble = trouble;
    for (const alarm of this.#alarms) {
      const skippedMs = afterMs - Math.max(alarm.dueMs, beforeMs);
      if (afterMs > beforeMs && skippedMs > 0) alarm.skipped += Math.floor(skippedMs / alarm.intervalMs);
      this.#arm(alarm);
    }
  }

  #realMsSinceChange(): number {
    return this.#real.monotonicMs() - this.#sinceRealMs;
  }

  #arm(alarm: Alarm): void {
    alarm.callOff();
    const leftMs = Math.max(0, alarm.dueMs - this.monotonicMs());
    alarm.callOff = this.#real.after(leftMs / this.#rate, () => {
      const rings = 1 + alarm.skipped;
      alarm.skipped = 0;
      alarm.dueMs = this.monotonicMs() + alarm.intervalMs;
      this.#arm(alarm);
      alarm.ring(rings);
    });
  }
}
