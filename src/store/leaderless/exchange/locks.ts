/** Who has said nothing for so long has given up. */
const heldMs = 10_000;

/** Places that others are exchanging with this node: each one with one of them at a time, and not too many at once. */
export class Locks {
  readonly #max: number;
  readonly #nowMs: () => number;
  readonly #held = new Map<string, { readonly by: string; readonly untilMs: number }>();

  constructor(max: number, nowMs: () => number) {
    this.#max = max;
    this.#nowMs = nowMs;
  }

  /** Holds the place for this member from now on. False: it may not have it. */
  take(place: string, by: string): boolean {
    this.#forgetOld();
    const held = this.#held.get(place);
    if (held === undefined ? this.#held.size >= this.#max : held.by !== by) return false;
    this.#held.set(place, { by, untilMs: this.#nowMs() + heldMs });
    return true;
  }

  release(place: string, by: string): void {
    if (this.#held.get(place)?.by === by) this.#held.delete(place);
  }

  isHeld(place: string): boolean {
    this.#forgetOld();
    return this.#held.has(place);
  }

  #forgetOld(): void {
    for (const [place, { untilMs }] of this.#held) if (untilMs <= this.#nowMs()) this.#held.delete(place);
  }
}
