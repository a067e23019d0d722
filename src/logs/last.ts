/** How many more than asked for are kept before the first are dropped: seldom and many at once, because to drop some is to move all others. */
const slack = 1000;

/** The last so many of what comes by. */
export class Last<T> {
  readonly #count: number;
  #kept: T[] = [];

  constructor(count: number) {
    this.#count = count;
  }

  add(items: readonly T[]): void {
    for (const item of items) this.#kept.push(item);
    if (this.#kept.length > 2 * this.#count + slack) this.#kept = this.items();
  }

  /** In the order they came. */
  items(): T[] {
    return this.#count === 0 ? [] : this.#kept.slice(-this.#count);
  }
}
