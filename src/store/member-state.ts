import type { MvccStore } from "./mvcc/mvcc-store.js";
import { none } from "./raft/types.js";
import type { ConfState, MemberId, RaftEvent, RaftStatus, Role, Snapshot, SnapshotMeta } from "./raft/types.js";
import type { Replica } from "./replica.js";

/** Where a member stands: what its machine last said, whose whole status is too much to copy on every request, and what it has applied. */
export class MemberState {
  #role: Role;
  #leader: MemberId;
  #term: number;
  #conf: ConfState;
  #replica: Replica;
  #applied: number;
  #appliedTerm: number;
  #knowsFrom = Infinity;

  /** @param replica the state as of `meta`. */
  constructor(
    { role, leader, term, conf }: Pick<RaftStatus, "role" | "leader" | "term" | "conf">,
    replica: Replica,
    meta: SnapshotMeta,
  ) {
    this.#role = role;
    this.#leader = leader;
    this.#term = term;
    this.#conf = conf;
    this.#replica = replica;
    this.#applied = meta.index;
    this.#appliedTerm = meta.term;
  }

  /** Of this member. */
  get role(): Role {
    return this.#role;
  }

  /** {@link none}: none is known. */
  get leader(): MemberId {
    return this.#leader;
  }

  get hasLeader(): boolean {
    return this.#leader !== none;
  }

  get term(): number {
    return this.#term;
  }

  get conf(): ConfState {
    return this.#conf;
  }

  /** All that is applied here by now. */
  get replica(): Replica {
    return this.#replica;
  }

  get kv(): MvccStore {
    return this.#replica.kv;
  }

  /** Up to which entry. */
  get applied(): number {
    return this.#applied;
  }

  /** What a snapshot that is taken now is of. */
  get meta(): SnapshotMeta {
    return { index: this.#applied, term: this.#appliedTerm, conf: this.#conf };
  }

  /** This member leads, and all that earlier leaders have left is applied here. */
  get knowsAllBefore(): boolean {
    return this.#applied >= this.#knowsFrom;
  }

  heard(event: RaftEvent): void {
    switch (event.event) {
      case "role-changed":
        this.#role = event.role;
        this.#knowsFrom = event.knowsFrom ?? Infinity;
        break;
      case "term-changed":
        this.#term = event.term;
        break;
      case "leader-changed":
        this.#leader = event.leader;
        break;
      case "conf-changed":
        this.#conf = event.conf;
        break;
      default:
        break;
    }
  }

  appliedUpTo(index: number): void {
    this.#applied = index;
  }

  /** Whether entries of this term are new here. */
  entersTerm(term: number): boolean {
    const isNew = term !== this.#appliedTerm;
    this.#appliedTerm = term;
    return isNew;
  }

  /** A leader's snapshot takes the place of all that was applied, but for {@link entersTerm}. */
  restored(replica: Replica, { meta }: Snapshot): void {
    this.#replica = replica;
    this.#applied = meta.index;
    this.#conf = meta.conf;
  }
}
