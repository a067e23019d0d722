import type { Failure } from "../api.js";
import type { ReadQuorums } from "./quorums.js";

/** What one replica answered. `tombstone`: an object of deletions only. */
export type ReadResult = "found" | "tombstone" | "notfound" | "failed" | "overload";

/** Whether a read may be answered: with what was found so far, with nothing, or with a failure. */
export type ReadVerdict =
  | { readonly type: "pending" }
  | { readonly type: "enough" }
  | { readonly type: "notfound" }
  | { readonly type: "failed"; readonly reason: Failure["reason"] };

/**
 * Counts the replicas that answered a read, as riak_kv_get_core does. A replica may stand for several positions of the preference list, where
 * there are fewer nodes than copies. `owner`: whose answer it is, or whose stand-in's: both may answer, and count once.
 */
export class ReadTally {
  readonly #quorums: ReadQuorums;
  readonly #counted: string[] = [];
  readonly #countedOwners: string[] = [];
  #ok = 0;
  #owners = 0;
  #tombstones = 0;
  #notfound = 0;
  #failed = 0;
  #isOverloaded = false;

  constructor(quorums: ReadQuorums) {
    this.#quorums = quorums;
  }

  add(owner: string, result: ReadResult, isOwner: boolean, positions = 1): void {
    const isOk = result === "found" || result === "tombstone" || (result === "notfound" && this.#quorums.notfoundOk);
    if (isOk && isOwner && !this.#countedOwners.includes(owner)) {
      this.#countedOwners.push(owner);
      this.#owners += positions;
    }
    if (this.#counted.includes(owner)) return;
    this.#counted.push(owner);
    if (isOk) this.#ok += positions;
    else if (result === "notfound") this.#notfound += positions;
    else this.#failed += positions;
    if (result === "tombstone") this.#tombstones += positions;
    this.#isOverloaded ||= result === "overload";
  }

  /** All N answered, and none failed. */
  get isWhole(): boolean {
    return this.#ok + this.#notfound >= this.#quorums.n;
  }

  get isComplete(): boolean {
    return this.#ok + this.#notfound + this.#failed >= this.#quorums.n;
  }

  verdict(): ReadVerdict {
    const { r, pr, failuresMax } = this.#quorums;
    if (this.#ok >= r && this.#owners >= pr) return { type: "enough" };
    if (this.#notfound + this.#failed < failuresMax && !this.isComplete) return { type: "pending" };
    const isNothing = this.#failed === 0 && this.#notfound + this.#tombstones > 0 && this.#ok === this.#tombstones;
    if (isNothing) return { type: "notfound" };
    if (this.#isOverloaded) return { type: "failed", reason: { type: "overload" } };
    const lacksOwners = (pr > 0 && this.#ok >= r) || pr >= r;
    return {
      type: "failed",
      reason: lacksOwners
        ? { type: "unsatisfied", option: "pr", wanted: pr, got: this.#owners }
        : { type: "unsatisfied", option: "r", wanted: r, got: this.#ok },
    };
  }
}
