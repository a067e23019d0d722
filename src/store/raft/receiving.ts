/** Who gets a message, and which messages of other terms count (thesis §3.3). Functions of the member's {@link Machine}. */
import { unreachable } from "../../core/invariant.js";
import { isVoter } from "./conf-change.js";
import { handleVoteReply, handleVoteRequest, leaseHolds, stand } from "./electing.js";
import { followLeader, handleAppend, handleHeartbeat, handleSnapshot } from "./following.js";
import type { Machine } from "./machine.js";
import type { Progress } from "./progress.js";
import { handleAppendReply, handleHeartbeatReply, handleSnapshotWanted } from "./replicating.js";
import type { Leading } from "./roles.js";
import { none, type MemberId, type Message } from "./types.js";

export function receive(raft: Machine, m: Message): void {
  if (m.term < raft.term) return answerOlderTerm(raft, m);
  if (m.term > raft.term && !meetNewerTerm(raft, m)) return;
  switch (m.type) {
    case "preVote":
    case "vote":
      return handleVoteRequest(raft, m);
    case "preVoteReply":
    case "voteReply":
      return handleVoteReply(raft, m);
    case "append":
      followLeader(raft, m.from);
      return handleAppend(raft, m);
    case "heartbeat":
      followLeader(raft, m.from);
      return handleHeartbeat(raft, m);
    case "snapshot":
      followLeader(raft, m.from);
      return handleSnapshot(raft, m);
    case "appendReply":
      return withProgress(raft, m.from, (leading, pr) => handleAppendReply(raft, leading, pr, m));
    case "heartbeatReply":
      return withProgress(raft, m.from, (_, pr) => handleHeartbeatReply(raft, pr, m));
    case "timeoutNow":
      if (raft.state.role !== "leader" && isVoter(raft.conf, raft.id)) stand(raft, "candidate", true);
      return;
    case "snapshotWanted":
      return withProgress(raft, m.from, (_, pr) => handleSnapshotWanted(raft, m.from, pr));
    default:
      return unreachable(m);
  }
}

/** Goes to the newer term where the message calls for it. False: the message is to be ignored. */
function meetNewerTerm(raft: Machine, m: Message): boolean {
  switch (m.type) {
    case "preVote":
      return m.transfer || !leaseHolds(raft);
    case "vote":
      if (!m.transfer && leaseHolds(raft)) return false;
      raft.becomeFollower(m.term, none);
      return true;
    case "preVoteReply":
      // granted for the term we would enter, so not a term anybody is in
      if (!m.granted) raft.becomeFollower(m.term, none);
      return true;
    case "append":
    case "heartbeat":
    case "snapshot":
      raft.becomeFollower(m.term, m.from);
      return true;
    case "voteReply":
    case "appendReply":
    case "heartbeatReply":
    case "timeoutNow":
    case "snapshotWanted":
      raft.becomeFollower(m.term, none);
      return true;
    default:
      return unreachable(m);
  }
}

/**
 * Old messages are ignored, with two exceptions. An old leader must learn the newer term, or it would go on for ever asking a
 * member that, with pre-vote and check-quorum, never makes it step down. And an old pre-candidate must learn why nobody answers.
 */
function answerOlderTerm(raft: Machine, m: Message): void {
  const { id: from, term } = raft;
  if (m.type === "append" || m.type === "heartbeat") {
    raft.send({ type: "appendReply", from, to: m.from, term, index: 0, rejected: false, hintIndex: 0, hintTerm: 0 });
  } else if (m.type === "preVote") {
    raft.send({ type: "preVoteReply", from, to: m.from, term, granted: false });
  }
}

function withProgress(raft: Machine, member: MemberId, handle: (leading: Leading, pr: Progress) => void): void {
  const pr = raft.state.role === "leader" ? raft.state.progress.get(member) : undefined;
  if (raft.state.role !== "leader" || pr === undefined) return;
  pr.recentActive = true;
  handle(raft.state, pr);
}
