/** Who is to be woken when, the earliest first: a binary heap. Nobody is taken out before their time; who need not be woken is passed over. */
export class WakeQueue<T> {
  readonly #heap: { readonly atMs: number; readonly who: T }[] = [];

  get size(): number {
    return this.#heap.length;
  }

  add(atMs: number, who: T): void {
    const heap = this.#heap;
    const entry = { atMs, who };
    let at = heap.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || above.atMs <= atMs) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = entry;
  }

  /** Takes the earliest, if its time has come. */
  take(nowMs: number): T | undefined {
    const heap = this.#heap;
    const [first] = heap;
    if (first === undefined || first.atMs > nowMs) return undefined;
    const last = heap.pop();
    if (last !== undefined && heap.length > 0) this.#sink(last);
    return first.who;
  }

  clear(): void {
    this.#heap.length = 0;
  }

  /** Puts an entry in where the first one left. */
  #sink(entry: { readonly atMs: number; readonly who: T }): void {
    const heap = this.#heap;
    let at = 0;
    for (;;) {
      const left = heap[2 * at + 1];
      const right = heap[2 * at + 2];
      const below = right !== undefined && left !== undefined && right.atMs < left.atMs ? right : left;
      if (below === undefined || below.atMs >= entry.atMs) break;
      heap[at] = below;
      at = 2 * at + (below === left ? 1 : 2);
    }
    heap[at] = entry;
  }
}
