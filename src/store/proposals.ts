/**
 * Matches what a leader was asked with what becomes of it in the log, by its place: writes, which have numbers of their own, are found by
 * those. What stands there may be committed as long as no other entry is
 * committed at its index: that this member's log was cut, or that another proposal took its place there, says nothing about the logs of
 * others, whose leader may yet bring it to all (thesis, figure 3.7). `Asked` is whatever the driver wants back.
 */
export class Proposals<Asked> {
  #lastId = 0;
  /** Handed to the machine, by the id they were handed in with; it has not said yet what becomes of them. */
  readonly #handedIn = new Map<number, Asked>();
  /** In the log once, by index, at most one for each term: theirs is the entry with this index and this term. */
  readonly #placed = new Map<number, { readonly term: number; readonly asked: Asked }[]>();

  /** The id under which the machine will speak of `asked`. */
  handIn(asked: Asked): number {
    const id = ++this.#lastId;
    this.#handedIn.set(id, asked);
    return id;
  }

  /** The machine has spoken about `id` for the last time. */
  take(id: number): Asked | undefined {
    const asked = this.#handedIn.get(id);
    this.#handedIn.delete(id);
    return asked;
  }

  /** `asked` now stands in this member's log at `index`, with `term`. */
  place(asked: Asked, index: number, term: number): void {
    const there = this.#placed.get(index) ?? [];
    there.push({ term, asked });
    this.#placed.set(index, there);
  }

  /** The entry at `index` is committed: what asked for it, and what can never be committed any more because this one is. */
  committed(index: number, term: number): { readonly own: Asked | undefined; readonly lost: readonly Asked[] } {
    const there = this.#placed.get(index) ?? [];
    this.#placed.delete(index);
    return {
      own: there.find((placed) => placed.term === term)?.asked,
      lost: there.filter((placed) => placed.term !== term).map(({ asked }) => asked),
    };
  }

  /** A snapshot brought everything up to `index` without saying which entries: nobody can tell what became of these. */
  skipTo(index: number): Asked[] {
    const unknown: Asked[] = [];
    for (const [at, there] of this.#placed) {
      if (at > index) continue;
      this.#placed.delete(at);
      unknown.push(...there.map(({ asked }) => asked));
    }
    return unknown;
  }
}
