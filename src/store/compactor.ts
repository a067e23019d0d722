import type { MvccStore } from "./mvcc/mvcc-store.js";
import { inSlices } from "./slices.js";

/** Gives the memory of compacted versions back, in the pauses of this member. */
export class Compactor {
  readonly #store: () => Pick<MvccStore, "compactSlice">;
  #running: Promise<void> | undefined;

  /** @param store the one that counts now: a snapshot of the leader's replaces it. */
  constructor(store: () => Pick<MvccStore, "compactSlice">) {
    this.#store = store;
  }

  /** Resolves once everything that is compacted by now is given back. */
  run(): Promise<void> {
    this.#running ??= inSlices((hasTime) => (this.#store().compactSlice(hasTime) ? undefined : true)).then(() => {
      this.#running = undefined;
    });
    return this.#running;
  }
}
