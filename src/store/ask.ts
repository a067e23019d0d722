import type { CommandAnswer } from "./entries/commands.js";
import type { LeaseId } from "./mvcc/key-value.js";
import type { Refused } from "./mvcc/requests.js";
import type { MemberId } from "./raft/types.js";
import type { ErrorName } from "./wire/errors.js";

/** What a member asks of the leader, on behalf of a client; crosses the peer transport as it is. */
export type Ask =
  /** For the log; whoever asks finds the answer in what it applies itself. */
  | { readonly type: "write"; readonly entry: Uint8Array }
  /** From which index on may a read that starts now be served? (thesis §6.4) */
  | { readonly type: "readIndex" }
  | { readonly type: "member"; readonly change: MemberChange }
  | { readonly type: "keepAlive"; readonly ids: readonly LeaseId[] }
  | { readonly type: "timeToLive"; readonly id: LeaseId };

export type MemberChange =
  | { readonly kind: "add"; readonly name: string; readonly host: string; readonly peerPort: number; readonly isLearner: boolean }
  /** Its disk holds nothing any more: it shall have another number, where it may already have promised something under this one. */
  | {
      readonly kind: "rejoin";
      readonly member: MemberId;
      readonly name: string;
      readonly host: string;
      readonly peerPort: number;
    }
  /** Its peers find it there from now on. */
  | { readonly kind: "update"; readonly member: MemberId; readonly host: string; readonly peerPort: number }
  | { readonly kind: "promote"; readonly member: MemberId }
  | { readonly kind: "remove"; readonly member: MemberId };

export type Answer = Done | Failed;

export interface Failed {
  readonly type: "failed";
  readonly failure: Failure;
}

export type Done =
  /** The write stands in the log of the leader of `term`. If an entry of a later term is applied before it, it stands there no more. */
  | { readonly type: "taken"; readonly term: number }
  /** What applying the write gave, in an entry of `term`. Members find this out each for itself. */
  | { readonly type: "applied"; readonly term: number; readonly answer: CommandAnswer }
  | { readonly type: "readable"; readonly index: number }
  /** Whoever has applied the log up to `index` knows of the change. */
  | { readonly type: "memberChanged"; readonly member: MemberId; readonly index: number }
  /** The TTL of each lease that was asked for, in their order, counted from now on; 0: there is no such lease. */
  | { readonly type: "keptAlive"; readonly ttlsSec: readonly number[] }
  /** Of the one lease that was asked for; `ttlSec` 0: there is no such lease. Its keys are known to whoever has applied the log up to `index`. */
  | { readonly type: "timeLeft"; readonly ttlSec: number; readonly leftMs: number; readonly index: number };

/**
 * moved: not done here, and never will be; ask the leader of the moment again · unavailable: not done, definitely ·
 * invalid: makes no sense, not done · indefinite: nobody knows (yet) whether it was done.
 */
export interface Failure {
  readonly kind: "moved" | "unavailable" | "invalid" | "indefinite";
  /** One sentence. */
  readonly message: string;
  /** What etcd calls it, where it has a name for it. */
  readonly error?: ErrorName;
}

/** The store would not do it, and so did nothing. */
export function refusalOf({ error }: Refused<ErrorName>): Failure {
  return { kind: "invalid", message: `the store refused the request: ${error}`, error };
}

/** Ends a client's request that failed. */
export class RequestFailed extends Error {
  override readonly name = "RequestFailed";
  readonly kind: Failure["kind"];
  readonly error: ErrorName | undefined;

  constructor(failure: Failure) {
    super(failure.message);
    this.kind = failure.kind;
    this.error = failure.error;
  }

  /** True where the operation certainly had no effect and never will have. */
  get definite(): boolean {
    return this.kind !== "indefinite";
  }
}
