/**
 * What a leader knows of one follower's log, and how fast it may send. Follows etcd-io/raft's package `tracker`.
 *
 * probe: does not know where the logs meet, one append at a time · replicate: sends ahead of the answers, bounded by the inflight
 * window · snapshot: what the follower needs is no longer in the log; nothing is sent until it has the snapshot.
 */
import { invariant, unreachable } from "../../core/invariant.js";

export interface Progress {
  /** Highest index known to be on the follower's disk. 0 <= match < next. */
  match: number;
  /** The next index to send; everything below was sent in this state or is matched. */
  next: number;
  state: "probe" | "replicate" | "snapshot";
  /** Index of the snapshot on its way; meaningful in state snapshot only. */
  pendingSnapshot: number;
  /** Check-quorum rounds spent in state snapshot. */
  snapshotRounds: number;
  /** Heard from since the last check-quorum. */
  recentActive: boolean;
  /** `match` as of the last regular heartbeat; stalled: it has not moved since the one before. */
  heartbeatMatch: number;
  stalled: boolean;
  /** Nothing more may leave until an answer comes, or a sign of life from a follower that stalls. */
  paused: boolean;
  /** An append is owed even when it carries no entries: its answer tells where the follower stands. */
  appendDue: boolean;
  /** Highest commit index told so far, so that it is told once. */
  sentCommit: number;
  /** Newest read round this follower confirmed. */
  readAck: number;
  readonly inflight: Inflight;
}

export function createProgress(next: number, inflightMax: number): Progress {
  return {
    match: 0,
    next,
    state: "probe",
    pendingSnapshot: 0,
    snapshotRounds: 0,
    recentActive: false,
    heartbeatMatch: 0,
    stalled: false,
    paused: false,
    appendDue: false,
    sentCommit: 0,
    readAck: 0,
    inflight: new Inflight(inflightMax),
  };
}

export function becomeProbe(pr: Progress): void {
  // a snapshot that arrived counts, although the follower has not said so yet
  pr.next = pr.state === "snapshot" ? Math.max(pr.match + 1, pr.pendingSnapshot + 1) : pr.match + 1;
  pr.sentCommit = Math.min(pr.sentCommit, pr.next - 1);
  enter(pr, "probe");
}

export function becomeReplicate(pr: Progress): void {
  pr.next = pr.match + 1;
  enter(pr, "replicate");
}

export function becomeSnapshot(pr: Progress, snapshotIndex: number): void {
  enter(pr, "snapshot");
  pr.pendingSnapshot = snapshotIndex;
  pr.next = snapshotIndex + 1;
  pr.sentCommit = snapshotIndex;
}

/** The snapshot did not arrive: start again from what is known, after the follower's next sign of life. */
export function snapshotFailed(pr: Progress): void {
  pr.pendingSnapshot = 0;
  becomeProbe(pr);
  pr.paused = true;
}

function enter(pr: Progress, state: Progress["state"]): void {
  pr.state = state;
  pr.paused = false;
  pr.pendingSnapshot = 0;
  pr.snapshotRounds = 0;
  pr.inflight.clear();
}

export function isPaused(pr: Progress): boolean {
  return pr.state === "snapshot" || pr.paused;
}

/** A regular heartbeat leaves. */
export function noteHeartbeat(pr: Progress): void {
  pr.stalled = pr.match === pr.heartbeatMatch;
  pr.heartbeatMatch = pr.match;
}

/**
 * A sign of life. Where answers go missing something was lost on the way, and an append, even an empty one, brings out what. Where
 * they keep coming, or reads make heartbeats frequent, there is nothing to repair.
 */
export function heardFrom(pr: Progress, lastIndex: number): void {
  if (!pr.stalled) return;
  pr.stalled = false;
  pr.paused = false;
  if (pr.match < lastIndex || pr.state === "probe") pr.appendDue = true;
}

/** Whether the answer to an empty append would tell nothing: it is to tell the commit index alone, and what is on its way is answered for itself. */
export function needsNoAnswer(pr: Progress): boolean {
  return pr.state === "replicate" && !pr.appendDue;
}

/** An append with these entries left. In state replicate the answer is taken for granted. */
export function sentEntries(pr: Progress, count: number, lastIndex: number, commit: number): void {
  pr.appendDue = false;
  pr.sentCommit = Math.max(pr.sentCommit, Math.min(commit, lastIndex));
  switch (pr.state) {
    case "replicate":
      if (count > 0) {
        pr.next = lastIndex + 1;
        pr.inflight.add(lastIndex);
      }
      // a full window lets one empty append through when it stalls
      pr.paused = pr.inflight.full;
      return;
    case "probe":
      if (count > 0) pr.paused = true;
      return;
    case "snapshot":
      invariant(false, "an append was sent to a follower that waits for a snapshot");
      return;
    default:
      unreachable(pr.state);
  }
}

/** The follower has everything up to `index`. False where that was known. */
export function maybeUpdate(pr: Progress, index: number): boolean {
  if (index <= pr.match) return false;
  pr.match = index;
  pr.next = Math.max(pr.next, index + 1);
  pr.paused = false;
  return true;
}

/** The follower has lost what it acknowledged, or is about to: it is asked again, from `next` on. */
export function forgetMatch(pr: Progress, next: number): void {
  enter(pr, "probe");
  pr.match = 0;
  pr.next = next;
  pr.sentCommit = Math.min(pr.sentCommit, next - 1);
}

/**
 * The follower refused an append whose previous index was `rejected`, and says the logs may agree at `matchHint`. False for an
 * answer that is older than what is known.
 */
export function maybeDecrease(pr: Progress, rejected: number, matchHint: number): boolean {
  if (pr.state === "replicate") {
    if (rejected <= pr.match) return false;
    becomeProbe(pr);
    return true;
  }
  if (pr.state === "snapshot") return false;
  // a probe carries the entry before `next`: any other index belongs to an earlier one
  if (pr.next - 1 !== rejected) return false;
  pr.next = Math.max(Math.min(rejected, matchHint + 1), pr.match + 1);
  pr.sentCommit = Math.min(pr.sentCommit, pr.next - 1);
  pr.paused = false;
  return true;
}

/** The last index of every append on its way: a ring, bounded. */
export class Inflight {
  private readonly ring: number[];
  private start = 0;
  private count = 0;

  constructor(max: number) {
    this.ring = Array.from({ length: max }, () => 0);
  }

  get full(): boolean {
    return this.count === this.ring.length;
  }

  add(lastIndex: number): void {
    invariant(!this.full, "an append was sent beyond the inflight window");
    this.ring[(this.start + this.count) % this.ring.length] = lastIndex;
    this.count++;
  }

  /** Everything up to `index` was answered. */
  freeTo(index: number): void {
    while (this.count > 0 && (this.ring[this.start] ?? 0) <= index) {
      this.start = (this.start + 1) % this.ring.length;
      this.count--;
    }
  }

  clear(): void {
    this.start = 0;
    this.count = 0;
  }
}
