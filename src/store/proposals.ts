import type { Op } from "./router.js";

/** Matches what a leader was asked with what the log makes of it. */
export class Proposals {
  #lastId = 0;
  /** Handed to the machine, by the id they were handed in with; it has not said yet what becomes of them. */
  readonly #handedIn = new Map<number, Op>();
  /** In the log, by index: theirs is the entry with this index and this term, or they are lost. */
  readonly #placed = new Map<number, { readonly term: number; readonly op: Op }>();

  /** The id under which the machine will speak of `op`. */
  handIn(op: Op): number {
    const id = ++this.#lastId;
    this.#handedIn.set(id, op);
    return id;
  }

  /** The machine has spoken about `id` for the last time. */
  take(id: number): Op | undefined {
    const op = this.#handedIn.get(id);
    this.#handedIn.delete(id);
    return op;
  }

  /**
   * `id` now stands in the log at `index`. Returns the proposal of an earlier term that stood there before: it was cut off the
   * log, so it is lost for good.
   */
  place(id: number, index: number, term: number): Op | undefined {
    const op = this.take(id);
    if (op === undefined) return undefined;
    const before = this.#placed.get(index);
    this.#placed.set(index, { term, op });
    return before?.op;
  }

  /** The entry at `index` is committed: the op that waited for it, and whether the entry is its own. */
  committed(index: number, term: number): { readonly op: Op; readonly isOwn: boolean } | undefined {
    const placed = this.#placed.get(index);
    if (placed === undefined) return undefined;
    this.#placed.delete(index);
    return { op: placed.op, isOwn: placed.term === term };
  }

  /** A snapshot brought everything up to `index` without saying which entries: nobody can tell what became of these. */
  skipTo(index: number): Op[] {
    const unknown: Op[] = [];
    for (const [at, { op }] of this.#placed) {
      if (at > index) continue;
      this.#placed.delete(at);
      unknown.push(op);
    }
    return unknown;
  }
}
