/**
 * The Raft machine: Ongaro, "Consensus: Bridging Theory and Practice" (2014), in the shape of etcd-io/raft. Inputs in, effects out;
 * no clock, no disk, no network.
 *
 * Two rules run through all of it. What a member promises (votes, acknowledged entries) leaves only when it is on disk, and so does any
 * message of a term that is not. And a step decides first and speaks last: handlers move the state, `finish` says once what follows.
 *
 * What a member is and what all of its roles do is the {@link Machine}; what it does in one of them is `electing.ts`, `following.ts`,
 * `leading.ts` and `replicating.ts`, and `receiving.ts` says which of these a message is for.
 */
import { unreachable } from "../../core/invariant.js";
import type { Prng } from "../../core/prng.js";
import { isVoter, membersOf } from "./conf-change.js";
import { campaign, countOwnVote, leaderGone } from "./electing.js";
import { matchOf, propose, proposeConf, readIndex, speakAsLeader, tickLeader, transferLeader } from "./leading.js";
import { Machine } from "./machine.js";
import { emptyOutbox } from "./outbox.js";
import { receive } from "./receiving.js";
import { couldNotReach } from "./replicating.js";
import type { Effects, Input, PlantedBugs, Raft, RaftOptions, RaftStatus, Recovered } from "./types.js";

/** A machine that goes on from what was found on disk. `prng` draws its election timeouts. */
export function createRaft(recovered: Recovered, options: RaftOptions, prng: Prng, bugs: PlantedBugs = {}): Raft {
  const raft = new Machine(recovered, options, prng, bugs);
  return {
    step: (inputs) => {
      for (const input of inputs) take(raft, input);
      return finish(raft);
    },
    status: () => statusOf(raft),
  };
}

function take(raft: Machine, input: Input): void {
  switch (input.type) {
    case "tick":
      return tick(raft);
    case "clock":
      raft.nowMs = input.nowMs;
      return;
    case "receive":
      return receive(raft, input.message);
    case "propose":
      return propose(raft, input.id, "normal", input.data);
    case "proposeConf":
      return proposeConf(raft, input.id, input.change);
    case "readIndex":
      return readIndex(raft, input.id);
    case "persisted":
      return persisted(raft, input.persistNumber);
    case "compact":
      return raft.compact(input.index, input.data, input.keep);
    case "campaign":
      return campaign(raft);
    case "transferLeader":
      return transferLeader(raft, input.member);
    case "unreachable":
      return couldNotReach(raft, input.member);
    case "leaderGone":
      return leaderGone(raft, input.member);
    default:
      return unreachable(input);
  }
}

function tick(raft: Machine): void {
  raft.electionElapsed++;
  if (raft.promisedTicks > 0) raft.promisedTicks--;
  if (raft.state.role === "leader") tickLeader(raft, raft.state);
  // who may not stand lets the time run on: its lease on the last leader must end
  else if (raft.electionElapsed >= raft.electionTimeout && isVoter(raft.conf, raft.id)) {
    raft.electionElapsed = 0;
    campaign(raft);
  }
}

function persisted(raft: Machine, persistNumber: number): void {
  raft.durability.confirm(persistNumber);
  countOwnVote(raft);
}

function finish(raft: Machine): Effects {
  if (raft.state.role === "leader") speakAsLeader(raft, raft.state);
  const persist = raft.takePersist();
  const { send, sendAfterPersist, restore, apply, reads, proposed, dropped, events } = raft.out;
  raft.out = emptyOutbox();
  return { send, persist, sendAfterPersist, restore, apply, reads, proposed, dropped, events };
}

function statusOf(raft: Machine): RaftStatus {
  const { id, role, term, vote, leader, conf, state, log } = raft;
  return {
    id,
    role,
    term,
    vote,
    leader,
    commit: log.commit,
    applied: log.commit,
    lastIndex: log.lastIndex,
    firstIndex: log.firstIndex,
    conf,
    match: new Map(state.role === "leader" ? membersOf(conf).map((member) => [member, matchOf(raft, state, member)]) : []),
  };
}
