import { isVoter, membersOf } from "./conf-change.js";
import type { RaftLog } from "./log.js";
import { createProgress, type Progress } from "./progress.js";
import { ReadQueue } from "./reads.js";
import { none, type ConfState, type MemberId, type RaftOptions } from "./types.js";

/** What a member knows only as long as it has its role. */
export type RoleState = Following | Standing | Leading;

interface Following {
  readonly role: "follower";
}

export interface Standing {
  readonly role: "preCandidate" | "candidate";
  readonly votes: Map<MemberId, boolean>;
}

export interface Leading {
  readonly role: "leader";
  readonly progress: Map<MemberId, Progress>;
  readonly reads: ReadQueue;
  /**
   * Once this index is committed, so is all that leaders before it have left: that of its first own entry; where it counts their entries as
   * they are, that of the last of these.
   */
  readonly knowsFrom: number;
  /** No change of configuration may be proposed before this index is applied: there may be one at or below it. */
  pendingConfIndex: number;
  /** Somebody was told to stand at once, whom no promise binds: from then on no lease holds. */
  leaseGivenUp: boolean;
  uncommittedBytes: number;
  heartbeatElapsed: number;
  heartbeatDue: boolean;
  /** Whom leadership is being handed to, and for how many ticks. */
  transferee: MemberId;
  transferElapsed: number;
}

/** A leader of nobody yet, with the log that it brings along. */
export function leadingWith(log: RaftLog, commitRule: RaftOptions["commitRule"]): Leading {
  let uncommittedBytes = 0;
  for (let index = log.commit + 1; index <= log.lastIndex; index++) uncommittedBytes += log.at(index).data.length;
  return {
    role: "leader",
    progress: new Map(),
    reads: new ReadQueue(),
    knowsFrom: commitRule === "any" ? log.lastIndex : log.lastIndex + 1,
    // whatever the tail holds may be a change of configuration
    pendingConfIndex: log.lastIndex,
    leaseGivenUp: false,
    uncommittedBytes,
    heartbeatElapsed: 0,
    heartbeatDue: false,
    transferee: none,
    transferElapsed: 0,
  };
}

/** Whom a leader follows up, and how. */
export interface Tracking {
  readonly self: MemberId;
  readonly conf: ConfState;
  /** Where new members are asked from. */
  readonly next: number;
  readonly inflightAppendsMax: number;
}

/** One progress for each other member: new ones are asked from the log's end, gone ones are forgotten. */
export function trackMembers(leading: Leading, { self, conf, next, inflightAppendsMax }: Tracking, recentActive: boolean): void {
  const members = membersOf(conf);
  for (const member of leading.progress.keys()) if (!members.includes(member)) leading.progress.delete(member);
  for (const member of members) {
    if (member === self || leading.progress.has(member)) continue;
    const pr = createProgress(next, inflightAppendsMax);
    pr.recentActive = recentActive;
    pr.appendDue = true;
    leading.progress.set(member, pr);
  }
  if (!isVoter(conf, leading.transferee)) leading.transferee = none;
}
