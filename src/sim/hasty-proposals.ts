import { Proposals } from "../store/proposals.js";

/**
 * The planted bug `placeIsLost`: a proposal is taken for lost as soon as this member's own log holds another one at its index.
 * Another member may still hold it and lead, and commit it (thesis, figure 3.7).
 */
export class HastyProposals<Asked> extends Proposals<Asked> {
  readonly #newestAt = new Map<number, Asked>();
  readonly #onLost: (asked: Asked) => void;

  constructor(onLost: (asked: Asked) => void) {
    super();
    this.#onLost = onLost;
  }

  override place(asked: Asked, index: number, term: number): void {
    super.place(asked, index, term);
    const before = this.#newestAt.get(index);
    this.#newestAt.set(index, asked);
    if (before !== undefined) this.#onLost(before);
  }
}
