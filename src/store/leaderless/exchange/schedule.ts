import type { Prng } from "../../../core/prng.js";
import { placeName, type HomePlace } from "../storage.js";
import type { Pair } from "./places.js";

export interface ScheduleOptions {
  readonly prng: Prng;
  readonly nowMs: () => number;
  /** Each pair is exchanged once in this time at least, where its nodes can spare it. */
  readonly intervalMs: number;
  readonly isEmpty: (place: HomePlace) => boolean;
}

/** How long it is that two owners were found or made equal; undefined: not in this life of the node. */
export interface ExchangeLag extends Pair {
  readonly lagMs: number | undefined;
}

interface Planned extends Pair {
  dueAtMs: number;
  completeAtMs: number | undefined;
}

/** What is to be soon is spread over so long, so that not all nodes begin with the same. */
const soonMs = 1000;
const retryMs = { min: 200, max: 1000 };

/** Which pairs are to be exchanged, and when: at times of their own, so that they do not come all at once. */
export class Schedule {
  readonly #options: ScheduleOptions;
  #pairs = new Map<string, Planned>();

  constructor(options: ScheduleOptions) {
    this.#options = options;
  }

  /** Whom there is to exchange with. A new pair has its turn within the interval, and soon if the place is empty here: it may have been lost. */
  set(pairs: readonly Pair[]): void {
    const { prng, nowMs, intervalMs, isEmpty } = this.#options;
    this.#pairs = new Map(
      pairs.map((pair) => {
        const withinMs = isEmpty(pair.place) ? soonMs : intervalMs;
        const fresh = { ...pair, dueAtMs: nowMs() + prng.int(0, withinMs), completeAtMs: undefined };
        return [nameOf(pair), this.#pairs.get(nameOf(pair)) ?? fresh];
      }),
    );
  }

  /** Those whose time has come, the longest due first. */
  due(): readonly Pair[] {
    const nowMs = this.#options.nowMs();
    return [...this.#pairs.values()].filter(({ dueAtMs }) => dueAtMs <= nowMs).sort((a, b) => a.dueAtMs - b.dueAtMs);
  }

  /** The copies are equal, or were made so. */
  completed(pair: Pair): void {
    const { prng, nowMs, intervalMs } = this.#options;
    const planned = this.#pairs.get(nameOf(pair));
    if (planned === undefined) return;
    planned.completeAtMs = nowMs();
    planned.dueAtMs = nowMs() + prng.int(Math.floor(intervalMs / 2), Math.floor(intervalMs * 0.9));
  }

  /** It came to nothing, for want of time or of an answer. */
  again(pair: Pair): void {
    const { prng, nowMs } = this.#options;
    const planned = this.#pairs.get(nameOf(pair));
    if (planned !== undefined) planned.dueAtMs = nowMs() + prng.int(retryMs.min, retryMs.max);
  }

  /** There may be differences: those that are chosen have their turn soon. */
  soon(isChosen: (pair: Pair) => boolean): void {
    const { prng, nowMs } = this.#options;
    for (const planned of this.#pairs.values()) {
      if (isChosen(planned)) planned.dueAtMs = Math.min(planned.dueAtMs, nowMs() + prng.int(0, soonMs));
    }
  }

  lags(): readonly ExchangeLag[] {
    const nowMs = this.#options.nowMs();
    return [...this.#pairs.values()].map(({ place, member, completeAtMs }) => ({
      place,
      member,
      lagMs: completeAtMs === undefined ? undefined : nowMs - completeAtMs,
    }));
  }
}

function nameOf({ place, member }: Pair): string {
  return `${placeName(place)}/${member}`;
}
