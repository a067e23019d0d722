/**
 * Quorums as pure functions of a configuration and of what its voters said. Joint configurations need both majorities
 * (thesis §4.3). Follows etcd-io/raft's package `quorum`, whose recorded cases are the tests.
 */
import type { ConfState, MemberId } from "./types.js";

export type VoteResult = "won" | "pending" | "lost";

/** The two halves of a configuration; `votersOutgoing` is empty outside joint consensus. */
export type Halves = Pick<ConfState, "voters" | "votersOutgoing">;

/**
 * The highest index that a majority of `voters` has acknowledged; a voter that said nothing counts as 0. An empty half stands in
 * nobody's way: Infinity, so that it is the neutral element of {@link committedIndex}.
 */
export function majorityCommittedIndex(voters: readonly MemberId[], acked: (voter: MemberId) => number | undefined): number {
  if (voters.length === 0) return Infinity;
  const quorum = Math.floor(voters.length / 2) + 1;
  // asked at every step of a leader: counting the few voters again for each is less work than sorting them, and leaves no garbage
  let committed = 0;
  for (const voter of voters) {
    const index = acked(voter) ?? 0;
    if (index > committed && countOfThoseAt(index, voters, acked) >= quorum) committed = index;
  }
  return committed;
}

function countOfThoseAt(index: number, voters: readonly MemberId[], acked: (voter: MemberId) => number | undefined): number {
  let count = 0;
  for (const voter of voters) if ((acked(voter) ?? 0) >= index) count++;
  return count;
}

/** The highest index acknowledged by a majority of each half. */
export function committedIndex(conf: Halves, acked: (voter: MemberId) => number | undefined): number {
  return Math.min(majorityCommittedIndex(conf.voters, acked), majorityCommittedIndex(conf.votersOutgoing, acked));
}

/** `undefined` = has not voted yet. An empty half is won by convention, as above. */
export function majorityVoteResult(voters: readonly MemberId[], voteOf: (voter: MemberId) => boolean | undefined): VoteResult {
  const quorum = Math.floor(voters.length / 2) + 1;
  let granted = 0;
  let missing = 0;
  for (const voter of voters) {
    const vote = voteOf(voter);
    if (vote === undefined) missing++;
    else if (vote) granted++;
  }
  if (voters.length === 0 || granted >= quorum) return "won";
  return granted + missing >= quorum ? "pending" : "lost";
}

/** Won when both halves are won, lost when either is lost. */
export function voteResult(conf: Halves, voteOf: (voter: MemberId) => boolean | undefined): VoteResult {
  const incoming = majorityVoteResult(conf.voters, voteOf);
  const outgoing = majorityVoteResult(conf.votersOutgoing, voteOf);
  if (incoming === outgoing) return incoming;
  return incoming === "lost" || outgoing === "lost" ? "lost" : "pending";
}
