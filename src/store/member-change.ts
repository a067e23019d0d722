import { unreachable } from "../core/invariant.js";
import type { Failure, MemberChange } from "./ask.js";
import { none } from "./raft/types.js";
import type { ConfChange, ConfState, MemberId } from "./raft/types.js";
import { encodeMember } from "./replica.js";
import type { Member } from "./replica.js";
import type { ErrorName } from "./wire/errors.js";

/** What a leader knows when it is asked to change the members. */
export interface Leadership {
  readonly members: ReadonlyMap<MemberId, Member>;
  /** The number for whoever comes next. */
  readonly nextMember: MemberId;
  readonly conf: ConfState;
  /** Per member, the last index known to be on its disk. */
  readonly match: ReadonlyMap<MemberId, number>;
  readonly lastIndex: number;
  /** Whether a connection to this member stands; to the leader itself it always does. */
  readonly isUp: (member: MemberId) => boolean;
  /** Until then, what the leaders before it changed may still stand in its log, unapplied. */
  readonly knowsAllBefore: boolean;
}

export type MemberChangePlan =
  | { readonly type: "planned"; readonly change: ConfChange }
  /** Nothing is to be changed: whoever asked is this member. */
  | { readonly type: "stands"; readonly member: MemberId }
  /** Nothing was changed, nor will be. */
  | { readonly type: "refused"; readonly failure: Failure };

/** A learner may vote once it holds this share of the leader's log, as in etcd: earlier it would only widen the quorum. */
const promotableShare = 0.9;
/** As in etcd 3.4. One that comes back with an empty disk is not counted: it was a member before. */
const learnersMax = 1;

/** The change for the log, or why there is none. */
export function planMemberChange(asked: MemberChange, leadership: Leadership): MemberChangePlan {
  const { members, nextMember, conf, match, lastIndex, knowsAllBefore } = leadership;
  if (!knowsAllBefore) {
    const message =
      "the leader has only just taken over and does not know all earlier changes yet; nothing was changed, try again";
    return { type: "refused", failure: { kind: "unavailable", message, error: "unhealthy" } };
  }
  switch (asked.kind) {
    case "add": {
      const { name, host, peerPort, isLearner } = asked;
      if (!isLearner && !canGrow(leadership)) return notEnoughStarted();
      const down = conf.voters.filter((id) => !leadership.isUp(id));
      if (down.length > 0) return unhealthy(`member ${down.join(" and ")} cannot be reached`);
      const there = memberAt(members, asked);
      if (there !== undefined) return invalid(`${host}:${peerPort} is already member ${there.id}`, "peerUrlExists");
      if (isLearner && conf.learners.length >= learnersMax)
        return invalid(`member ${conf.learners[0]} is a learner already, and there may be one`, "tooManyLearners");
      const context = encodeMember({ id: nextMember, name, host, peerPort });
      return planned(isLearner ? "addLearner" : "addVoter", nextMember, context);
    }
    case "update": {
      const { member, host, peerPort } = asked;
      const known = members.get(member);
      if (known === undefined) return invalid(`there is no member ${member}`, "memberNotFound");
      const there = memberAt(members, asked);
      if (there !== undefined && there.id !== member)
        return invalid(`${host}:${peerPort} is already member ${there.id}`, "peerUrlExists");
      // a change of nobody: the configuration stays, and what it brings is what is known of the member
      return planned("addLearner", none, encodeMember({ ...known, host, peerPort }));
    }
    case "rejoin":
      return planRejoin(asked, leadership);
    case "remove":
      return planRemoval(asked.member, leadership);
    case "promote": {
      const { member } = asked;
      if (!members.has(member)) return invalid(`there is no member ${member}`, "memberNotFound");
      if (!conf.learners.includes(member)) return invalid(`member ${member} is no learner`, "memberNotLearner");
      const held = match.get(member) ?? 0;
      if (held < promotableShare * lastIndex)
        return invalid(`member ${member} is not in sync yet: it holds ${held} of ${lastIndex} entries`, "learnerNotReady");
      if (!canGrow(leadership, true)) return notEnoughStarted();
      return planned("addVoter", member);
    }
    default:
      return unreachable(asked);
  }
}

/** Who is down takes no vote along; of the others, those that are up must remain a majority without one more of them. */
function planRemoval(member: MemberId, leadership: Leadership): MemberChangePlan {
  const { members, conf, isUp } = leadership;
  if (conf.learners.includes(member)) return planned("remove", member);
  const others = conf.voters.filter((id) => id !== member);
  if (startedOf(others, members) < majorityOf(others.length)) return notEnoughStarted();
  if (!members.has(member)) return invalid(`there is no member ${member}`, "memberNotFound");
  if (isUp(member) && others.filter(isUp).length < majorityOf(others.length))
    return unhealthy(`without member ${member}, those that can be reached would be no majority`);
  return planned("remove", member);
}

/** Whether those that have ever started are a majority once there is one voter more. */
function canGrow({ conf, members }: Leadership, isNewStarted = false): boolean {
  const started = startedOf(conf.voters, members);
  // as in etcd: the way out of a cluster of two whose second member never came
  if (!isNewStarted && conf.voters.length === 1 && started === 1) return true;
  return started + (isNewStarted ? 1 : 0) >= majorityOf(conf.voters.length + 1);
}

function startedOf(voters: readonly MemberId[], members: Leadership["members"]): number {
  return voters.filter((id) => members.get(id)?.clientUrls !== undefined).length;
}

function majorityOf(voters: number): number {
  return Math.floor(voters / 2) + 1;
}

function notEnoughStarted(): MemberChangePlan {
  return invalid("those members that have ever started would be no majority", "notEnoughStarted");
}

function unhealthy(why: string): MemberChangePlan {
  const message = `${why}; nothing was changed, try again`;
  return { type: "refused", failure: { kind: "unavailable", message, error: "unhealthy" } };
}

/**
 * For a member whose disk is empty. One that is awaited for the first time holds nothing because nobody has sent it anything. Any other one
 * loses its number and gets the next, in one step, so that nothing can come between: it is a learner until it has caught up.
 */
function planRejoin(asked: Extract<MemberChange, { kind: "rejoin" }>, leadership: Leadership): MemberChangePlan {
  const { name, host, peerPort } = asked;
  const { members, nextMember, conf, match } = leadership;
  const known = memberAt(members, asked) ?? members.get(asked.member);
  if (known === undefined) return invalid(`there is no member ${asked.member}`, "memberNotFound");
  const isLearner = conf.learners.includes(known.id);
  if (isLearner && (match.get(known.id) ?? 0) === 0) return { type: "stands", member: known.id };
  const hasVoted = !isLearner || known.hasVoted === true;
  const context = encodeMember({ id: nextMember, name, host, peerPort, ...(hasVoted ? { hasVoted } : {}) });
  const changes: ConfChange["changes"] = [
    { kind: "addLearner", member: nextMember },
    { kind: "remove", member: known.id },
  ];
  return { type: "planned", change: { changes, context } };
}

/** The promotion of a learner that was a voter before it lost its disk, as soon as it has caught up; undefined where there is none. */
export function promotionOfReturned({ members, conf, match, lastIndex, knowsAllBefore }: Leadership): ConfChange | undefined {
  const isReturned = (id: MemberId): boolean =>
    members.get(id)?.hasVoted === true && (match.get(id) ?? 0) >= promotableShare * lastIndex;
  const member = knowsAllBefore ? conf.learners.find(isReturned) : undefined;
  return member === undefined ? undefined : { changes: [{ kind: "addVoter", member }], context: new Uint8Array(0) };
}

function memberAt(members: Leadership["members"], { host, peerPort }: Pick<Member, "host" | "peerPort">): Member | undefined {
  return [...members.values()].find((known) => known.host === host && known.peerPort === peerPort);
}

type Step = ConfChange["changes"][number]["kind"];

function planned(kind: Step, member: MemberId, context: Uint8Array = new Uint8Array(0)): MemberChangePlan {
  return { type: "planned", change: { changes: [{ kind, member }], context } };
}

function invalid(message: string, error: ErrorName): MemberChangePlan {
  return { type: "refused", failure: { kind: "invalid", message, error } };
}
