import { Router } from "../store/router.js";
import type { Op } from "../store/router.js";

/**
 * The planted bug `goesWithLeader`: a write is said to have failed as soon as the leader that took it leads no more. Another member may hold its
 * entry and lead, and commit it (thesis, figure 3.7).
 */
export class HastyRouter extends Router {
  #taken: Op[] = [];

  override taken(op: Op, term: number): void {
    super.taken(op, term);
    this.#taken.push(op);
  }

  override leaderChanged(): void {
    const taken = this.#taken;
    this.#taken = [];
    for (const op of taken) this.fail(op, { kind: "unavailable", message: "the leader that had it is gone" });
    super.leaderChanged();
  }
}
