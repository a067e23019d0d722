import { faults, type Arena, type FaultName } from "./faults.js";
import type { Timeline } from "./timeline.js";
import type { Trace } from "./trace.js";

export interface NemesisOptions {
  /** How likely each fault is, in proportion; one that is missing never happens. */
  readonly weights: Partial<Readonly<Record<FaultName, number>>>;
  /** From one beginning to the next, on average, ms. Faults overlap. */
  readonly everyMs: number;
  readonly durationMs: readonly [min: number, max: number];
}

/** Begins faults at random times and ends each; `heal` ends them all, calms the network, and begins no more. */
export class Nemesis {
  readonly #timeline: Timeline;
  readonly #trace: Trace;
  readonly #arena: Arena;
  readonly #options: NemesisOptions;
  readonly #began: (fault: FaultName) => void;
  readonly #endings = new Set<() => void>();
  #isOver = false;

  constructor(timeline: Timeline, trace: Trace, arena: Arena, options: NemesisOptions, began: (fault: FaultName) => void) {
    this.#timeline = timeline;
    this.#trace = trace;
    this.#arena = arena;
    this.#options = options;
    this.#began = began;
  }

  start(): void {
    const { everyMs } = this.#options;
    this.#timeline.after(2 * everyMs * this.#arena.prng.next(), () => {
      if (this.#isOver) return;
      this.#begin(this.#draw());
      this.start();
    });
  }

  heal(): void {
    this.#isOver = true;
    for (const end of this.#endings) end();
    this.#arena.network.calm();
    this.#trace.note(() => "everything is healed");
  }

  #draw(): FaultName {
    const weighted = Object.entries(this.#options.weights) as [FaultName, number][];
    let left = this.#arena.prng.next() * weighted.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [name, weight] of weighted) {
      left -= weight;
      if (left < 0) return name;
    }
    return "crashNode";
  }

  #begin(name: FaultName): void {
    const { prng } = this.#arena;
    const [minMs, maxMs] = this.#options.durationMs;
    const durationMs = minMs + prng.next() * (maxMs - minMs);
    this.#trace.note(() => `fault ${name} for ${durationMs.toFixed(0)}ms`);
    this.#began(name);
    const endFault = faults[name](this.#arena);
    const end = (): void => {
      if (!this.#endings.delete(end)) return;
      this.#trace.note(() => `fault ${name} ends`);
      endFault();
    };
    this.#endings.add(end);
    this.#timeline.after(durationMs, end);
  }
}
