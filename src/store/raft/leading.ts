/**
 * What a leader does of its own accord and for its clients: proposals, reads, the commit index, heartbeats, handing over. Functions of the
 * member's {@link Machine}.
 */
import { commitIndex } from "./committing.js";
import { changeConf, isJoint, isVoter } from "./conf-change.js";
import { encodeConfChange } from "./conf-codec.js";
import type { Machine } from "./machine.js";
import { noteHeartbeat, snapshotFailed } from "./progress.js";
import { committedIndex, voteResult } from "./quorum.js";
import { finishTransfer, sendAppends } from "./replicating.js";
import type { Leading } from "./roles.js";
import { readsToServe } from "./serving.js";
import { none, type ConfChange, type Entry, type MemberId } from "./types.js";

/** Check-quorum rounds after which a snapshot that nobody answered for is taken for lost. */
const snapshotRoundsMax = 10;

/** A tick has passed: heartbeats, and whether there still is a quorum. */
export function tickLeader(raft: Machine, leading: Leading): void {
  leading.heartbeatElapsed++;
  if (leading.heartbeatElapsed >= raft.options.heartbeatTicks) {
    leading.heartbeatElapsed = 0;
    leading.heartbeatDue = true;
    for (const pr of leading.progress.values()) noteHeartbeat(pr);
  }
  if (leading.transferee !== none && ++leading.transferElapsed >= raft.options.electionTicks) leading.transferee = none;
  if (raft.electionElapsed < raft.options.electionTicks) return;
  raft.electionElapsed = 0;
  checkQuorum(raft, leading);
}

/** A leader cut off from its quorum steps down, so that its clients look elsewhere and followers may answer candidates (thesis §6.2). */
function checkQuorum(raft: Machine, leading: Leading): void {
  const heard = voteResult(raft.conf, (voter) => voter === raft.id || leading.progress.get(voter)?.recentActive === true);
  for (const pr of leading.progress.values()) {
    pr.recentActive = false;
    if (pr.state === "snapshot" && ++pr.snapshotRounds >= snapshotRoundsMax) snapshotFailed(pr);
  }
  if (heard === "won" || !raft.options.checkQuorum) return;
  raft.out.events.push({ event: "quorum-lost", term: raft.term });
  raft.becomeFollower(raft.term, none, "no-quorum");
}

/** Takes a proposal into the log, or says why not. */
export function propose(raft: Machine, id: number, kind: Entry["kind"], data: Uint8Array): void {
  const leading = raft.state;
  if (leading.role !== "leader" || leading.transferee !== none) {
    raft.out.dropped.push({ id, reason: "not-leader" });
    return;
  }
  // one proposal always fits, however large: else it never would
  if (leading.uncommittedBytes > 0 && leading.uncommittedBytes + data.length > raft.options.uncommittedBytesMax) {
    raft.out.dropped.push({ id, reason: "overloaded" });
    return;
  }
  const index = raft.append(leading, kind, data);
  if (kind === "conf") leading.pendingConfIndex = index;
  raft.out.proposed.push({ id, index, term: raft.term });
}

/** As {@link propose}; one change at a time, and none that would be illegal once it is applied. */
export function proposeConf(raft: Machine, id: number, change: ConfChange): void {
  const { state, conf } = raft;
  if (state.role === "leader") {
    const leaving = change.changes.length === 0;
    if (state.pendingConfIndex > raft.log.commit || (isJoint(conf) && !leaving)) {
      raft.out.dropped.push({ id, reason: "conf-pending" });
      return;
    }
    // nothing changes the configuration before this entry is applied, so what is legal now is legal then
    if (!changeConf(conf, change).ok) {
      raft.out.dropped.push({ id, reason: "conf-invalid" });
      return;
    }
  }
  propose(raft, id, "conf", encodeConfChange(change));
}

/** A read waits until it is sure that this member leads (see reads.ts). */
export function readIndex(raft: Machine, id: number): void {
  if (raft.state.role !== "leader") raft.out.dropped.push({ id, reason: "not-leader" });
  else if (raft.bugs.readWithoutQuorum === true) raft.out.reads.push({ id, index: raft.log.commit });
  else raft.state.reads.add(id);
}

/**
 * Hands leadership over as soon as `member` holds all of the log (thesis §3.10), and takes proposals again where that takes an election timeout.
 * The time has a count of its own: whoever asks for transfers again and again must not keep a leader from looking for its quorum.
 */
export function transferLeader(raft: Machine, member: MemberId): void {
  if (raft.state.role !== "leader" || member === raft.id || !isVoter(raft.conf, member)) return;
  const pr = raft.state.progress.get(member);
  if (pr === undefined) return;
  if (raft.state.transferee !== member) raft.state.transferElapsed = 0;
  raft.state.transferee = member;
  if (pr.match < raft.log.lastIndex) pr.appendDue = true;
  finishTransfer(raft, raft.state, member, pr);
}

/** The last index of `member`'s log known to be on its disk. */
export function matchOf(raft: Machine, leading: Leading, member: MemberId): number {
  if (member !== raft.id) return leading.progress.get(member)?.match ?? 0;
  return raft.bugs.ackBeforePersist === true ? raft.log.lastIndex : raft.durability.index;
}

/** What follows from all inputs of a step: how far is committed, which reads may be served, and what each member is told. */
export function speakAsLeader(raft: Machine, leading: Leading): void {
  advanceCommit(raft, leading);
  serveReads(raft, leading);
  if (leading.heartbeatDue) sendHeartbeats(raft, leading);
  for (const [member, pr] of leading.progress) sendAppends(raft, member, pr);
  // a removed leader's last word is the commit index that removes it (thesis §4.2.2)
  if (!isVoter(raft.conf, raft.id)) raft.becomeFollower(raft.term, none);
}

function advanceCommit(raft: Machine, leading: Leading): void {
  for (;;) {
    const { id: self, log, conf, term, options } = raft;
    const index = commitIndex({ log, conf, self, term, options, matchOf: (member) => matchOf(raft, leading, member) });
    if (index <= log.commit) return;
    // may change the configuration, and with it what a quorum is
    raft.commitTo(index);
  }
}

function serveReads(raft: Machine, leading: Leading): void {
  const { log, options, nowMs } = raft;
  const served = readsToServe(leading, {
    commit: log.commit,
    isSure: log.commit >= leading.knowsFrom,
    leaseMs: options.leaseMs,
    nowMs,
    confirmedRound: () =>
      committedIndex(raft.conf, (voter) => (voter === raft.id ? leading.reads.context : leading.progress.get(voter)?.readAck)),
  });
  raft.out.reads.push(...served);
}

function sendHeartbeats(raft: Machine, leading: Leading): void {
  leading.heartbeatDue = false;
  const context = leading.reads.pendingContext;
  for (const [to, { match }] of leading.progress) {
    // never beyond what the follower is known to hold: its further entries may differ from ours
    raft.send({ type: "heartbeat", from: raft.id, to, term: raft.term, commit: Math.min(match, raft.log.commit), context });
  }
}
