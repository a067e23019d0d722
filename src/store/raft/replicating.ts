/**
 * How a leader brings each follower's log to where its own is: what it sends, and what it makes of the answers. Functions of the member's
 * {@link Machine}; what a leader knows of a follower is progress.ts.
 */
import { unreachable } from "../../core/invariant.js";
import type { Machine } from "./machine.js";
import {
  becomeProbe,
  becomeReplicate,
  becomeSnapshot,
  forgetMatch,
  heardFrom,
  isPaused,
  maybeDecrease,
  maybeUpdate,
  needsNoAnswer,
  sentEntries,
  snapshotFailed,
  type Progress,
} from "./progress.js";
import type { Leading } from "./roles.js";
import type { MemberId, MessageOf } from "./types.js";

export function handleAppendReply(raft: Machine, leading: Leading, pr: Progress, m: MessageOf<"appendReply">): void {
  if (m.rejected) {
    // the follower's hint says where its terms are low enough for us; ours say where they are low enough for it
    const hint = m.hintTerm > 0 ? raft.log.findConflictByTerm(m.hintIndex, m.hintTerm).index : m.hintIndex;
    const hasLost = raft.divergence.isPossible && m.hintIndex < pr.match;
    if (hasLost) forgetMatch(pr, hint + 1);
    if (hasLost || maybeDecrease(pr, m.index, hint)) pr.appendDue = true;
    return;
  }
  const moved = maybeUpdate(pr, m.index);
  if (!moved && !(pr.state === "probe" && pr.match === m.index)) return;
  switch (pr.state) {
    case "probe":
      becomeReplicate(pr);
      break;
    case "snapshot":
      // anything that meets our log will do, be it another snapshot than the one on its way
      if (pr.match + 1 >= raft.log.firstIndex) becomeReplicate(pr);
      break;
    case "replicate":
      pr.inflight.freeTo(m.index);
      break;
    default:
      unreachable(pr.state);
  }
  finishTransfer(raft, leading, m.from, pr);
}

/** A reply that comes late has another snapshot sent, which does no harm. */
export function handleSnapshotWanted(raft: Machine, from: MemberId, pr: Progress): void {
  if (!raft.divergence.isPossible || pr.state === "snapshot") return;
  forgetMatch(pr, 1);
  sendSnapshot(raft, from, pr);
}

export function handleHeartbeatReply(raft: Machine, pr: Progress, m: MessageOf<"heartbeatReply">): void {
  pr.readAck = Math.max(pr.readAck, m.context);
  heardFrom(pr, raft.log.lastIndex);
}

/** The transport could not deliver to `member`. */
export function couldNotReach(raft: Machine, member: MemberId): void {
  const pr = raft.state.role === "leader" ? raft.state.progress.get(member) : undefined;
  if (pr === undefined) return;
  // what was sent ahead is probably lost
  if (pr.state === "replicate") becomeProbe(pr);
  else if (pr.state === "snapshot") snapshotFailed(pr);
}

/** Tells whom leadership is handed to that it may stand, once it holds all of the log. */
export function finishTransfer(raft: Machine, leading: Leading, member: MemberId, pr: Progress): void {
  if (leading.transferee !== member || pr.match !== raft.log.lastIndex) return;
  leading.leaseGivenUp = true;
  raft.send({ type: "timeoutNow", from: raft.id, to: member, term: raft.term });
}

/** Everything the follower lacks and may get now: entries, the commit index, or a snapshot. */
export function sendAppends(raft: Machine, to: MemberId, pr: Progress): void {
  const { log } = raft;
  for (;;) {
    const owed = pr.appendDue || (log.commit > pr.sentCommit && pr.sentCommit < pr.next - 1);
    if (isPaused(pr) || (!owed && pr.next > log.lastIndex)) return;
    const prevIndex = pr.next - 1;
    const prevTerm = log.term(prevIndex);
    if (prevTerm === undefined) return sendSnapshot(raft, to, pr);
    // what is there is sent ahead of the answers while the window has room
    const entries = pr.next <= log.lastIndex && !pr.inflight.full ? log.slice(pr.next, raft.options.appendBytesMax) : [];
    const unanswered = entries.length === 0 && needsNoAnswer(pr);
    raft.send({
      type: "append",
      from: raft.id,
      to,
      term: raft.term,
      prevIndex,
      prevTerm,
      entries,
      commit: log.commit,
      unanswered,
    });
    sentEntries(pr, entries.length, prevIndex + entries.length, log.commit);
    if (entries.length === 0) return;
  }
}

function sendSnapshot(raft: Machine, to: MemberId, pr: Progress): void {
  // a member that is down would never answer
  if (!pr.recentActive) return;
  const { snapshot } = raft.log;
  becomeSnapshot(pr, snapshot.meta.index);
  raft.send({ type: "snapshot", from: raft.id, to, term: raft.term, snapshot });
  raft.out.events.push({ event: "snapshot-sent", to, index: snapshot.meta.index });
}
