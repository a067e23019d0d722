import type { Prng } from "../core/prng.js";
import type { Timeline } from "./timeline.js";
import type { Trace } from "./trace.js";

/** A fault begins, and its ending is what it returns; whoever begins one must end it. */
export type End = () => void;
/** The menu of a simulator: what may go wrong there. `Arena` is what its faults can get at. */
export type Faults<Arena, Name extends string> = Readonly<Record<Name, (arena: Arena) => End>>;

interface AnyArena {
  readonly prng: Prng;
  readonly network: { calm(): void };
}

export interface NemesisOptions<Name extends string> {
  /** How likely each fault is, in proportion; one that is missing never happens. */
  readonly weights: Partial<Readonly<Record<Name, number>>>;
  /** From one beginning to the next, on average, ms. Faults overlap. */
  readonly everyMs: number;
  readonly durationMs: readonly [min: number, max: number];
}

/** Begins faults at random times and ends each; `heal` ends them all, calms the network, and begins no more. */
export class Nemesis<Arena extends AnyArena, Name extends string> {
  readonly #timeline: Timeline;
  readonly #trace: Trace;
  readonly #faults: Faults<Arena, Name>;
  readonly #arena: Arena;
  readonly #options: NemesisOptions<Name>;
  readonly #began: (fault: Name) => void;
  readonly #endings = new Set<() => void>();
  #isOver = false;

  constructor(
    timeline: Timeline,
    trace: Trace,
    faults: Faults<Arena, Name>,
    arena: Arena,
    options: NemesisOptions<Name>,
    began: (fault: Name) => void,
  ) {
    this.#timeline = timeline;
    this.#trace = trace;
    this.#faults = faults;
    this.#arena = arena;
    this.#options = options;
    this.#began = began;
  }

  start(): void {
    const { everyMs } = this.#options;
    this.#timeline.after(2 * everyMs * this.#arena.prng.next(), () => {
      if (this.#isOver) return;
      const fault = this.#draw();
      if (fault !== undefined) this.#begin(fault);
      this.start();
    });
  }

  heal(): void {
    this.#isOver = true;
    for (const end of this.#endings) end();
    this.#arena.network.calm();
    this.#trace.note(() => "everything is healed");
  }

  /** Undefined: nothing ever goes wrong. */
  #draw(): Name | undefined {
    const weighted = Object.entries(this.#options.weights) as [Name, number][];
    let left = this.#arena.prng.next() * weighted.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [name, weight] of weighted) {
      left -= weight;
      if (left < 0) return name;
    }
    return undefined;
  }

  #begin(name: Name): void {
    const { prng } = this.#arena;
    const [minMs, maxMs] = this.#options.durationMs;
    const durationMs = minMs + prng.next() * (maxMs - minMs);
    this.#trace.note(() => `fault ${name} for ${durationMs.toFixed(0)}ms`);
    this.#began(name);
    const endFault = this.#faults[name](this.#arena);
    const end = (): void => {
      if (!this.#endings.delete(end)) return;
      this.#trace.note(() => `fault ${name} ends`);
      endFault();
    };
    this.#endings.add(end);
    this.#timeline.after(durationMs, end);
  }
}
