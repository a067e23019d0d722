import type { RingCommand } from "../../../core/ring-contract.js";
import { unreachable } from "../../../core/invariant.js";
import type { RingState } from "../gossip/cluster-state.js";
import {
  clear,
  commit,
  forget,
  markDown,
  memberStatus,
  planStaged,
  stage,
  type MemberStatus,
  type RingResult,
} from "../gossip/membership.js";
import type { Change } from "../ring/staged-plan.js";
import { planId } from "./ring-view.js";

export interface OperatorContext {
  /** Which node was asked. */
  readonly self: string;
  /** All N that keys of the cluster have. */
  readonly nVals: readonly number[];
}

/** The state after a command, or one sentence: what is in the way, and what to do. */
export function obey(state: RingState, command: RingCommand, { self, nVals }: OperatorContext): RingResult {
  switch (command.command) {
    case "plan": {
      const planned = planStaged(state, self, nVals);
      return planned.ok ? { ok: true, state } : planned;
    }
    case "clear":
      return { ok: true, state: clear(state, self) };
    case "commit": {
      const planned = planStaged(state, self, nVals);
      if (!planned.ok) return planned;
      if (command.plan !== undefined && command.plan !== planId(planned.plan))
        return refused("the plan has changed since it was shown; look at it again");
      return commit(state, planned.plan);
    }
    case "down":
      return down(state, command.member, self);
    case "force-remove":
      return forceRemove(state, command.member, self);
    case "join":
    case "leave":
      return staged(state, { kind: command.command, member: command.member }, self);
    case "replace":
    case "force-replace":
      return staged(state, { kind: command.command, member: command.member, by: command.by }, self);
    default:
      return unreachable(command);
  }
}

function staged(state: RingState, change: Change, self: string): RingResult {
  const { kind, member } = change;
  const status = memberStatus(state, member);
  if (kind === "join") {
    if (status === "joining") return { ok: true, state: stage(state, change, self) };
    return refused(
      status === undefined || status === "gone" ? unheardOf(member) : `${member} is ${status} already, so it cannot join`,
    );
  }
  if (status !== "valid" && status !== "down") return refused(notInRing(member, status));
  if ("by" in change) {
    const other = memberStatus(state, change.by);
    if (other === undefined || other === "gone") return refused(unheardOf(change.by));
    if (other !== "joining") return refused(`${change.by} is ${other}: only a node that is joining can replace ${member}`);
  }
  return { ok: true, state: stage(state, change, self) };
}

/** Who owns nothing is not waited for: it is forgotten at once. */
function forceRemove(state: RingState, member: string, self: string): RingResult {
  const status = memberStatus(state, member);
  if (status === "joining" || status === "exiting") return { ok: true, state: forget(state, member) };
  if (status === undefined || status === "gone") return refused(notInRing(member, status));
  return { ok: true, state: stage(state, { kind: "force-remove", member }, self) };
}

function down(state: RingState, member: string, self: string): RingResult {
  if (member === self) return refused(`${member} itself was asked, so it is not down; ask another node`);
  const status = memberStatus(state, member);
  if (status === "down") return { ok: true, state };
  return status === "valid" ? { ok: true, state: markDown(state, member) } : refused(notInRing(member, status));
}

function notInRing(member: string, status: MemberStatus | undefined): string {
  if (status === undefined) return `nobody has heard of ${member}; look at the ring for the names of its members`;
  return status === "joining"
    ? `${member} is joining and owns nothing yet; commit its join, or remove it by force`
    : `${member} is ${status} already`;
}

function unheardOf(member: string): string {
  return `nobody has heard of ${member}; start it as a node of this cluster, and it announces itself`;
}

function refused(why: string): RingResult {
  return { ok: false, why };
}
