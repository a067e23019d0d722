import type { LeaseKeeper } from "./lease/lease-keeper.js";
import type { Leading } from "./leading.js";
import type { MemberState } from "./member-state.js";
import type { NodeStore } from "./node-store.js";
import type { ConfChange, Entry, Snapshot } from "./raft/types.js";
import type { Readers } from "./readers.js";
import type { Router } from "./router.js";
import type { Snapshots } from "./snapshots.js";

export interface ApplyingOptions {
  readonly state: MemberState;
  readonly snapshots: Pick<Snapshots, "applied" | "takeIfDue" | "restore">;
  readonly leaseKeeper: Pick<LeaseKeeper, "applied" | "lead" | "follow">;
  readonly leading: Pick<Leading, "onApplied" | "onRestored">;
  readonly readers: Pick<Readers, "advance">;
  readonly router: Pick<Router, "reachedTerm">;
  readonly store: Pick<NodeStore, "onApplied" | "onSettled" | "onRestored">;
  /** The members are others now. Undefined: a snapshot says so. */
  readonly onMembers: (change: ConfChange | undefined) => void;
}

/** Applies what is committed, and tells everybody who waits for it, in the order in which they rely on each other. */
export class Applying {
  readonly #options: ApplyingOptions;

  constructor(options: ApplyingOptions) {
    this.#options = options;
  }

  apply(entries: readonly Entry[]): void {
    const { state, snapshots, leaseKeeper, leading, readers, store, onMembers } = this.#options;
    for (const entry of entries) {
      const applied = state.replica.apply(entry);
      state.appliedUpTo(entry.index);
      snapshots.applied(entry);
      if (applied.type === "conf") onMembers(applied.change);
      leaseKeeper.applied(applied);
      leading.onApplied(entry, applied);
      store.onApplied(entry, applied);
      this.#enterTerm(entry.term);
    }
    this.#leadLeases();
    readers.advance(state.applied);
    store.onSettled();
    snapshots.takeIfDue();
  }

  restore(snapshot: Snapshot): void {
    const { state, snapshots, leading, readers, store, onMembers } = this.#options;
    const { index, term } = snapshot.meta;
    state.restored(snapshots.restore(snapshot), snapshot);
    onMembers(undefined);
    leading.onRestored(index);
    store.onRestored();
    this.#enterTerm(term);
    readers.advance(index);
  }

  /** What is committed by now may not be applied yet. */
  roleChanged(): void {
    if (this.#options.state.role === "leader") this.#leadLeases();
    else this.#options.leaseKeeper.follow();
  }

  #leadLeases(): void {
    const { state, leaseKeeper } = this.#options;
    if (state.knowsAllBefore) leaseKeeper.lead(state.term);
  }

  #enterTerm(term: number): void {
    if (this.#options.state.entersTerm(term)) this.#options.router.reachedTerm(term);
  }
}
