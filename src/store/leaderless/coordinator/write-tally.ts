import type { Failure } from "../api.js";
import type { WriteQuorums } from "./quorums.js";

/** What a replica said of a write: it is in memory, it is on disk, or it is not. Whoever says `durable` need not have said `taken`. */
export type WriteResult = "taken" | "durable" | "failed" | "overload";

export type WriteVerdict =
  { readonly type: "pending" } | { readonly type: "enough" } | { readonly type: "failed"; readonly reason: Failure["reason"] };

/**
 * Counts the replicas that took a write, as riak_kv_put_core does; see ReadTally for positions. `owner`: whose answer it is, or whose stand-in's:
 * both may answer, and count once.
 */
export class WriteTally {
  readonly #quorums: WriteQuorums;
  readonly #takenBy: string[] = [];
  readonly #durableBy: string[] = [];
  readonly #owners: string[] = [];
  #taken = 0;
  #durable = 0;
  #durableOwners = 0;
  #failed = 0;
  #isOverloaded = false;

  constructor(quorums: WriteQuorums) {
    this.#quorums = quorums;
  }

  add(owner: string, result: WriteResult, isOwner: boolean, positions = 1): void {
    if (result === "failed" || result === "overload") {
      if (this.#durableBy.includes(owner)) return;
      this.#failed += positions;
      this.#isOverloaded ||= result === "overload";
      return;
    }
    if (!this.#takenBy.includes(owner)) {
      this.#takenBy.push(owner);
      this.#taken += positions;
    }
    if (result === "taken") return;
    if (!this.#durableBy.includes(owner)) {
      this.#durableBy.push(owner);
      this.#durable += positions;
    }
    if (!isOwner || this.#owners.includes(owner)) return;
    this.#owners.push(owner);
    this.#durableOwners += positions;
  }

  get isComplete(): boolean {
    return this.#durable + this.#failed >= this.#quorums.n;
  }

  verdict(): WriteVerdict {
    const { n, w, dw, pw } = this.#quorums;
    const hasOwners = this.#durableOwners >= pw;
    if (this.#taken >= w && this.#durable >= dw && hasOwners) return { type: "enough" };
    const isLost = this.#failed > n - Math.max(w, dw, pw) || (this.isComplete && !hasOwners);
    if (!isLost) return { type: "pending" };
    if (this.#isOverloaded) return { type: "failed", reason: { type: "overload" } };
    const lacksOwners = !hasOwners && (pw >= Math.max(w, dw) || (this.#taken >= w && this.#durable >= dw));
    if (lacksOwners)
      return { type: "failed", reason: { type: "unsatisfied", option: "pw", wanted: pw, got: this.#durableOwners } };
    return {
      type: "failed",
      reason:
        w > dw
          ? { type: "unsatisfied", option: "w", wanted: w, got: this.#taken }
          : { type: "unsatisfied", option: "dw", wanted: dw, got: this.#durable },
    };
  }
}
