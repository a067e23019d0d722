/** What a member does that hears of a leader: its entries, heartbeats and snapshots (thesis §3.5). Functions of the member's {@link Machine}. */
import { invariant } from "../../core/invariant.js";
import type { Machine } from "./machine.js";
import type { MemberId, MessageOf, Snapshot } from "./types.js";

/** `leader` leads this term. */
export function followLeader(raft: Machine, leader: MemberId): void {
  invariant(raft.state.role !== "leader", `two leaders in term ${raft.term}: ${raft.id} and ${leader}`);
  if (raft.state.role !== "follower") raft.becomeFollower(raft.term, leader);
  raft.electionElapsed = 0;
  raft.setLeader(leader);
}

function accept(raft: Machine, to: MemberId, index: number): void {
  raft.promise({ type: "appendReply", from: raft.id, to, term: raft.term, index, rejected: false, hintIndex: 0, hintTerm: 0 });
}

/** Up to here the log certainly is the leader's. */
function agreed(raft: Machine): number {
  return raft.divergence.agreed(raft.log.commit);
}

export function handleAppend(raft: Machine, m: MessageOf<"append">): void {
  const { log } = raft;
  if (raft.divergence.isFound) return wantSnapshot(raft, m.from);
  if (m.prevIndex < agreed(raft)) return accept(raft, m.from, agreed(raft));
  if (!log.matches(m.prevIndex, m.prevTerm)) {
    const hint = log.findConflictByTerm(Math.min(m.prevIndex, log.lastIndex), m.prevTerm);
    // the logs do not even meet where ours begins
    if (raft.divergence.isPossible && hint.index < log.firstIndex - 1) return diverge(raft, m.from, log.firstIndex - 1);
    return raft.send({
      type: "appendReply",
      from: raft.id,
      to: m.from,
      term: raft.term,
      index: m.prevIndex,
      rejected: true,
      hintIndex: hint.index,
      hintTerm: hint.term,
    });
  }
  const missing = log.firstMissing(m.entries);
  if (missing !== undefined) {
    if (raft.divergence.isPossible && missing.index <= log.commit) return diverge(raft, m.from, missing.index - 1);
    if (missing.index <= log.lastIndex) {
      raft.out.events.push({ event: "log-truncated", fromIndex: missing.index, lastIndex: log.lastIndex });
      log.truncate(missing.index);
      raft.durability.cut(missing.index);
    }
    log.append(missing.index === m.prevIndex + 1 ? m.entries : m.entries.slice(missing.index - m.prevIndex - 1));
  }
  const lastNew = m.prevIndex + m.entries.length;
  raft.divergence.matchedUpTo(lastNew);
  if (m.unanswered !== true) accept(raft, m.from, lastNew);
  // beyond the entries of this message our log may hold others than the leader's
  raft.commitTo(Math.min(m.commit, lastNew));
}

/** What we applied beyond `index` is not in the leader's log. Ours stays as it is until the leader's state is here: it may yet lead. */
function diverge(raft: Machine, leader: MemberId, index: number): void {
  raft.divergence.find(raft.log, index);
  wantSnapshot(raft, leader);
}

function wantSnapshot(raft: Machine, leader: MemberId): void {
  raft.send({ type: "snapshotWanted", from: raft.id, to: leader, term: raft.term });
}

export function handleHeartbeat(raft: Machine, m: MessageOf<"heartbeat">): void {
  // whoever may have lost entries does not hold all that it once acknowledged
  raft.commitTo(raft.divergence.isPossible ? Math.min(m.commit, agreed(raft)) : m.commit);
  if (raft.options.leaseMs > 0) raft.promisedTicks = raft.options.electionTicks;
  raft.send({ type: "heartbeatReply", from: raft.id, to: m.from, term: raft.term, context: m.context });
}

export function handleSnapshot(raft: Machine, m: MessageOf<"snapshot">): void {
  const { log } = raft;
  const { meta } = m.snapshot;
  if (!raft.divergence.isFound && log.matches(meta.index, meta.term)) {
    // the log already holds what the snapshot stands for
    raft.commitTo(meta.index);
  } else if (meta.index > agreed(raft)) {
    const taken = raft.divergence.resolve();
    if (taken !== undefined) raft.out.events.push({ event: "rolled-back", ...taken });
    restore(raft, m.snapshot);
    raft.out.events.push({ event: "snapshot-received", from: m.from, index: meta.index });
  }
  raft.divergence.matchedUpTo(meta.index);
  accept(raft, m.from, agreed(raft));
}

function restore(raft: Machine, snapshot: Snapshot): void {
  const { index, conf } = snapshot.meta;
  raft.durability.replacedBy(index, raft.divergence.isPossible ? 0 : raft.log.commit);
  raft.log.restore(snapshot);
  raft.out.restore = snapshot;
  raft.out.compacted = undefined;
  // the snapshot holds their outcome, and comes first
  raft.out.apply = [];
  raft.confHistory.restart(index, conf);
  raft.useConf(conf, index);
}
