/** Up to how many siblings an object of each class has; the last class has no bound. */
const bounds = [1, 2, 3, 5, 10] as const;

/** Objects that were read, by how many siblings they had: 1, 2, 3, 4 to 5, 6 to 10, more. Riak tells the same as `node_get_fsm_siblings`. */
export interface SiblingHistogram {
  readonly 1: number;
  readonly 2: number;
  readonly 3: number;
  readonly 5: number;
  readonly 10: number;
  readonly more: number;
  /** The most that one had. */
  readonly most: number;
}

/** Counts what reads of this life of a node found. */
export class SiblingCounts {
  readonly #counts: number[] = [...bounds, Infinity].map(() => 0);
  #most = 0;

  note(siblings: number): void {
    if (siblings === 0) return;
    const at = bounds.findIndex((bound) => siblings <= bound);
    const index = at === -1 ? bounds.length : at;
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.#most = Math.max(this.#most, siblings);
  }

  get histogram(): SiblingHistogram {
    const [one = 0, two = 0, three = 0, five = 0, ten = 0, more = 0] = this.#counts;
    return { 1: one, 2: two, 3: three, 5: five, 10: ten, more, most: this.#most };
  }
}
