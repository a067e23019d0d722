/** Periods that a suspicion lasts at least, times log10 of the number of members. */
const shortest = 4;
/** How many times as long it lasts while nobody else shares it. */
const alone = 4;
/** So many others who share it make it as short as it gets. */
const confirmationsMax = 2;

/**
 * A member was found not to answer, and has this long to say that it lives (SWIM §4.2). The time shrinks with each other member that found the same
 * (Lifeguard's LHA-Suspicion): whoever is the only one to miss answers may be what is wrong.
 */
export class Suspicion {
  readonly #by = new Set<string>();
  readonly #periodMs: number;
  readonly #memberCount: number;
  #sinceMs: number;

  constructor(nowMs: number, by: string, periodMs: number, memberCount: number) {
    this.#sinceMs = nowMs;
    this.#by.add(by);
    this.#periodMs = periodMs;
    this.#memberCount = memberCount;
  }

  /** Returns whether that was news worth passing on. */
  confirm(by: string): boolean {
    if (this.#by.has(by) || this.#by.size > confirmationsMax) return false;
    this.#by.add(by);
    return true;
  }

  /** This node did not run for so long: it heard no refutation either. */
  postpone(ms: number): void {
    this.#sinceMs += ms;
  }

  get deadlineMs(): number {
    const leastMs = shortest * Math.max(1, Math.log10(this.#memberCount)) * this.#periodMs;
    const mostMs = alone * leastMs;
    const others = Math.min(confirmationsMax, this.#memberCount - 2);
    const shared = others < 1 ? 1 : Math.min(1, Math.log(this.#by.size) / Math.log(others + 1));
    return this.#sinceMs + mostMs - (mostMs - leastMs) * shared;
  }
}
