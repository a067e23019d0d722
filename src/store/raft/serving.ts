import type { Read } from "./reads.js";
import type { Leading } from "./roles.js";

/** What decides which reads a leader may answer. */
export interface Serving {
  readonly commit: number;
  /** All that leaders before it have left is committed: before that it does not know what is. */
  readonly isSure: boolean;
  /** How long a confirmed leader need not ask again; 0 = it asks for every read. */
  readonly leaseMs: number;
  readonly nowMs: number;
  /** Up to which round a quorum has answered. */
  readonly confirmedRound: () => number;
}

/** The reads that may be answered now: by a quorum that has confirmed the leader since they came, or by its lease (thesis §6.4). */
export function readsToServe(leading: Leading, { commit, isSure, leaseMs, nowMs, confirmedRound }: Serving): readonly Read[] {
  const { reads } = leading;
  const isLeased = leaseMs > 0 && !leading.leaseGivenUp;
  let served: readonly Read[] = [];
  if (reads.hasArrived) {
    if (isSure && isLeased && nowMs - reads.confirmedMs < leaseMs) {
      served = reads.takeArrived().map((id) => ({ id, index: commit }));
    } else if (isSure) {
      reads.openRound(commit, nowMs);
      leading.heartbeatDue = true;
    }
  } else if (isLeased && leading.heartbeatDue) {
    reads.openRound(commit, nowMs);
  }
  return reads.pendingContext === 0 ? served : [...served, ...reads.confirm(confirmedRound())];
}
