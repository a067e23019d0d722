/**
 * Changes of configuration as pure functions: one voter at a time directly, more through a joint configuration (thesis §4.1, §4.3).
 * Same checks and results as etcd-io/raft's package `confchange`.
 */
import { invariant, unreachable } from "../../core/invariant.js";
import { none, type ConfChange, type ConfState, type MemberId } from "./types.js";

export type ConfResult = { readonly ok: true; readonly conf: ConfState } | { readonly ok: false; readonly why: string };

type Changes = ConfChange["changes"];

/** Everyone whom the leader replicates to, in ascending order. */
export function membersOf(conf: ConfState): MemberId[] {
  return sorted(new Set([...conf.voters, ...conf.votersOutgoing, ...conf.learners, ...conf.learnersNext]));
}

export function isJoint(conf: ConfState): boolean {
  return conf.votersOutgoing.length > 0;
}

/** Whether `member` votes in either half. */
export function isVoter(conf: ConfState, member: MemberId): boolean {
  return conf.voters.includes(member) || conf.votersOutgoing.includes(member);
}

/** What `change` makes of `conf`: none leaves the joint configuration, one is applied directly, more enter a joint one that leaves itself. */
export function changeConf(conf: ConfState, change: ConfChange): ConfResult {
  if (change.changes.length === 0) return leaveJoint(conf);
  return change.changes.length === 1 ? simple(conf, change.changes) : enterJoint(conf, change.changes, true);
}

/** Any number of learners may change, but only one voter: then every old majority meets every new one. */
export function simple(conf: ConfState, changes: Changes): ConfResult {
  if (isJoint(conf)) return refuse("can't apply simple config change in joint config");
  const draft = draftOf(conf);
  apply(draft, changes);
  if (draft.voters.size === 0) return refuse("removed all voters");
  const moved = [...draft.voters].filter((voter) => !conf.voters.includes(voter)).length;
  const gone = conf.voters.filter((voter) => !draft.voters.has(voter)).length;
  if (moved + gone > 1) return refuse("more than one voter changed without entering joint config");
  return accept(draft);
}

/** From now on both the old voters and the new ones must agree. With `autoLeave` the leader ends that by itself. */
export function enterJoint(conf: ConfState, changes: Changes, autoLeave: boolean): ConfResult {
  if (isJoint(conf)) return refuse("config is already joint");
  if (conf.voters.length === 0) return refuse("can't make a zero-voter config joint");
  const draft = { ...draftOf(conf), votersOutgoing: new Set(conf.voters), autoLeave };
  apply(draft, changes);
  return draft.voters.size === 0 ? refuse("removed all voters") : accept(draft);
}

/** Only the new voters remain; demoted ones become the learners they were promised to be. */
export function leaveJoint(conf: ConfState): ConfResult {
  if (!isJoint(conf)) return refuse("can't leave a non-joint config");
  const draft = draftOf(conf);
  for (const member of draft.learnersNext) draft.learners.add(member);
  return accept({ ...draft, votersOutgoing: new Set(), learnersNext: new Set(), autoLeave: false });
}

interface Draft {
  readonly voters: Set<MemberId>;
  readonly votersOutgoing: Set<MemberId>;
  readonly learners: Set<MemberId>;
  readonly learnersNext: Set<MemberId>;
  readonly autoLeave: boolean;
}

function apply(draft: Draft, changes: Changes): void {
  for (const { kind, member } of changes) {
    if (member === none) continue;
    switch (kind) {
      case "addVoter":
        draft.learners.delete(member);
        draft.learnersNext.delete(member);
        draft.voters.add(member);
        break;
      case "addLearner":
        draft.voters.delete(member);
        // a voter of the outgoing half cannot be a learner at the same time: that waits until the joint configuration is left
        (draft.votersOutgoing.has(member) ? draft.learnersNext : draft.learners).add(member);
        break;
      case "remove":
        draft.voters.delete(member);
        draft.learners.delete(member);
        draft.learnersNext.delete(member);
        break;
      default:
        unreachable(kind);
    }
  }
}

function draftOf(conf: ConfState): Draft {
  return {
    voters: new Set(conf.voters),
    votersOutgoing: new Set(conf.votersOutgoing),
    learners: new Set(conf.learners),
    learnersNext: new Set(conf.learnersNext),
    autoLeave: conf.autoLeave,
  };
}

function accept(draft: Draft): ConfResult {
  for (const learner of draft.learners) {
    invariant(!draft.voters.has(learner) && !draft.votersOutgoing.has(learner), `member ${learner} is learner and voter at once`);
  }
  for (const learner of draft.learnersNext) {
    invariant(draft.votersOutgoing.has(learner), `member ${learner} waits to be a learner, but is no outgoing voter`);
  }
  return {
    ok: true,
    conf: {
      voters: sorted(draft.voters),
      votersOutgoing: sorted(draft.votersOutgoing),
      learners: sorted(draft.learners),
      learnersNext: sorted(draft.learnersNext),
      autoLeave: draft.autoLeave,
    },
  };
}

function refuse(why: string): ConfResult {
  return { ok: false, why };
}

function sorted(members: ReadonlySet<MemberId>): MemberId[] {
  return [...members].sort((a, b) => a - b);
}
