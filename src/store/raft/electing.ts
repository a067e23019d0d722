/** How a member comes to lead: candidates and voters (thesis §3.4, §9.6). Functions of the member's {@link Machine}. */
import { unreachable } from "../../core/invariant.js";
import { isVoter } from "./conf-change.js";
import type { Machine } from "./machine.js";
import { voteResult } from "./quorum.js";
import { leadingWith, trackMembers, type Standing } from "./roles.js";
import { none, type MemberId, type Message, type MessageOf } from "./types.js";

/** Stands for election, if it may. */
export function campaign(raft: Machine): void {
  if (raft.state.role === "leader" || !isVoter(raft.conf, raft.id)) return;
  stand(raft, raft.options.preVote ? "preCandidate" : "candidate", false);
}

/** Stands within a heartbeat or two, not at once: the others hear of it at the same moment, and two who stand together both fail. */
export function leaderGone(raft: Machine, member: MemberId): void {
  const { leaseMs, preVote, heartbeatTicks } = raft.options;
  // leases rest on nobody standing early, and without pre-votes whoever stands deposes a leader that is well
  if (leaseMs > 0 || !preVote || raft.leader !== member || raft.state.role !== "follower") return;
  raft.setLeader(none);
  raft.electionElapsed = 0;
  raft.electionTimeout = raft.prng.int(1, heartbeatTicks + 1);
}

/** Asks for pre-votes (thesis §9.6), which cost nobody anything, or for votes. A `transfer` is wanted by the leader, so leases do not hold. */
export function stand(raft: Machine, role: Standing["role"], transfer: boolean): void {
  const votes = new Map<MemberId, boolean>();
  // a pre-vote promises nothing; our own vote counts once it is on disk, see {@link countOwnVote}
  if (role === "preCandidate") votes.set(raft.id, true);
  else raft.enterTerm(raft.term + 1, raft.id);
  raft.become({ role, votes });
  raft.setLeader(none);
  const { lastIndex, lastTerm } = raft.log;
  const ask =
    role === "preCandidate" ? ({ type: "preVote", term: raft.term + 1 } as const) : ({ type: "vote", term: raft.term } as const);
  for (const to of new Set([...raft.conf.voters, ...raft.conf.votersOutgoing])) {
    if (to !== raft.id) raft.send({ ...ask, from: raft.id, to, lastIndex, lastTerm, transfer });
  }
  tally(raft);
}

/** A candidate's own vote counts once it is on disk. */
export function countOwnVote(raft: Machine): void {
  const { state, durability } = raft;
  if (state.role !== "candidate" || state.votes.has(raft.id)) return;
  if (durability.term !== raft.term || durability.vote !== raft.id) return;
  state.votes.set(raft.id, true);
  tally(raft);
}

function tally(raft: Machine): void {
  const { state } = raft;
  if (state.role !== "preCandidate" && state.role !== "candidate") return;
  const result = voteResult(raft.conf, (voter) => state.votes.get(voter));
  switch (result) {
    case "won":
      return state.role === "preCandidate" ? stand(raft, "candidate", false) : becomeLeader(raft);
    case "lost":
      return raft.becomeFollower(raft.term, none);
    case "pending":
      return;
    default:
      return unreachable(result);
  }
}

export function handleVoteRequest(raft: Machine, m: MessageOf<"preVote" | "vote">): void {
  const preVote = m.type === "preVote";
  const free = raft.vote === m.from || (raft.vote === none && raft.leader === none) || (preVote && m.term > raft.term);
  const granted = free && (m.transfer || raft.promisedTicks === 0) && raft.log.isUpToDate(m.lastIndex, m.lastTerm);
  if (granted && !preVote) {
    raft.electionElapsed = 0;
    raft.vote = m.from;
  }
  raft.out.events.push({ event: "vote-cast", candidate: m.from, term: m.term, granted, preVote });
  // a granted pre-vote speaks of the candidate's coming term, a refusal of ours
  const reply: Message = {
    type: preVote ? "preVoteReply" : "voteReply",
    from: raft.id,
    to: m.from,
    term: granted ? m.term : raft.term,
    granted,
  };
  if (granted && !preVote) raft.promise(reply);
  else raft.send(reply);
}

export function handleVoteReply(raft: Machine, m: MessageOf<"preVoteReply" | "voteReply">): void {
  const { state } = raft;
  if (m.type === "preVoteReply" ? state.role !== "preCandidate" : state.role !== "candidate") return;
  // a pre-vote granted for an earlier attempt says nothing of this one
  if (m.type === "preVoteReply" && m.granted && m.term !== raft.term + 1) return;
  const { votes } = state as Standing;
  if (!votes.has(m.from)) votes.set(m.from, m.granted);
  tally(raft);
}

/** True while a leader was heard of within an election timeout: then nobody else need stand (thesis §4.2.3). */
export function leaseHolds(raft: Machine): boolean {
  if (!raft.options.checkQuorum) return false;
  if (raft.promisedTicks > 0) return true;
  return raft.leader !== none && raft.electionElapsed < raft.options.electionTicks;
}

function becomeLeader(raft: Machine): void {
  const leading = leadingWith(raft.log, raft.options.commitRule);
  trackMembers(leading, raft.tracking, false);
  raft.become(leading);
  raft.setLeader(raft.id);
  // earlier terms' entries are committed only through one of this term (thesis §3.6.2); who counts them as they are needs none
  if (raft.options.commitRule === "currentTerm") raft.append(leading, "normal");
  else raft.leaveJoint(leading);
}
