import type { Ring } from "../ring/ring.js";
import { claim } from "../ring/claim.js";
import { forcedOut, planChanges, type Change, type Plan, type PlanResult } from "../ring/staged-plan.js";
import { Transition, type ProgressOf } from "../ring/transfers.js";
import { compareCanonical } from "./canonical.js";
import { entryOf, type MemberEntry, type RingState } from "./cluster-state.js";

/** In Riak's words, but `gone`, of whom Riak keeps nothing. */
export type MemberStatus = "joining" | "valid" | "leaving" | "exiting" | "gone" | "down";

export type RingResult = { readonly ok: true; readonly state: RingState } | { readonly ok: false; readonly why: string };

/** The state of a new cluster: the same on every node that is told of the same members and addresses, so they need not meet first. */
export function foundRing(addresses: Readonly<Record<string, string>>, ringSize: number): RingState {
  const members = Object.keys(addresses).sort();
  const unowned = Array.from({ length: ringSize }, () => "");
  const ring: Ring = { version: 1, committer: "", members, owners: claim(unowned, members), lineage: [] };
  const entries = members.map(
    (member) => [member, { incarnation: 1, version: 1, standing: "here", address: addresses[member] ?? "" }] as const,
  );
  return { members: Object.fromEntries(entries), ring, progress: {}, staged: {} };
}

/**
 * The state of a node that is to join a cluster, before it has met one. Its ring gives way to every other one; its wish to join is staged in
 * the cluster with the first exchange.
 */
export function aloneRing(self: string, address: string, ringSize: number): RingState {
  const founded = foundRing({ [self]: address }, ringSize);
  return stage({ ...founded, ring: { ...founded.ring, version: 0 } }, { kind: "join", member: self }, self);
}

/** Undefined for who was never heard of. */
export function memberStatus(state: RingState, member: string): MemberStatus | undefined {
  const entry = entryOf(state.members, member);
  if (entry === undefined) return undefined;
  const { ring, plan = ring } = state;
  const isForcedOut = state.plan !== undefined && forcedOut(state.plan).includes(member);
  if (entry.standing === "gone" || isForcedOut) return "gone";
  if (entry.standing === "exiting") return "exiting";
  if (!plan.members.includes(member)) return ring.members.includes(member) ? "leaving" : "joining";
  return entry.standing === "down" ? "down" : "valid";
}

/** Who takes part in gossip and in failure detection: everybody but those that are gone. */
export function presentMembers(state: RingState): string[] {
  return Object.keys(state.members)
    .filter((member) => memberStatus(state, member) !== "gone")
    .sort();
}

/** A node that was gone, or is not known yet, asks to be taken in: it owns nothing, and its join is staged. */
export function join(state: RingState, member: string, address: string): RingState {
  const known = memberStatus(state, member);
  if (known !== undefined && known !== "gone") return withStanding(state, member, { address });
  const joining = withStanding(state, member, { standing: "here", address });
  return joining.ring.members.includes(member) ? joining : stage(joining, { kind: "join", member }, member);
}

export function stage(state: RingState, change: Change, by: string): RingState {
  return withStaged(state, change.member, by, change);
}

/**
 * Changes that wait for a commit. Who replaces another, or is in the ring, is not staged to join by itself any more; nor is anybody to leave who has: a node
 * that had not heard of it may have staged that.
 */
export function stagedChanges(state: RingState): Change[] {
  const { ring, plan } = state;
  const { members } = plan ?? ring;
  const lost = plan === undefined ? [] : forcedOut(plan);
  const changes = Object.values(state.staged).flatMap(({ change }) => (change === undefined ? [] : [change]));
  const isLeaving = (member: string): boolean => ring.members.includes(member) && !lost.includes(member);
  const possible = changes.filter(
    ({ kind, member }) => kind === "join" || members.includes(member) || (kind === "force-remove" && isLeaving(member)),
  );
  const replacing = possible.flatMap((change) => ("by" in change ? [change.by] : []));
  return possible.filter(
    ({ kind, member }) => kind !== "join" || (memberStatus(state, member) === "joining" && !replacing.includes(member)),
  );
}

export function clear(state: RingState, by: string): RingState {
  const waiting = Object.entries(state.staged).filter(([, { change }]) => change !== undefined);
  return waiting.reduce((cleared, [member]) => withStaged(cleared, member, by, undefined), state);
}

/** What a commit would make of all that is staged. Nobody is put into the ring whom nobody has heard of. */
export function planStaged(state: RingState, committer: string, nVals: readonly number[]): PlanResult {
  const changes = stagedChanges(state);
  for (const change of changes) {
    if ("by" in change && memberStatus(state, change.by) !== "joining") {
      return { ok: false, why: `${change.by} has not asked to join` };
    }
  }
  return planChanges(state.ring, changes, { committer, nVals, running: state.plan });
}

/** @param shown the plan as the operator saw it: refused where it would be another one by now. */
export function commit(state: RingState, shown: Plan): RingResult {
  const planned = planStaged(state, shown.committer, shown.nVals);
  if (!planned.ok) return planned;
  if (compareCanonical(planned.plan, shown) !== 0) return { ok: false, why: "the plan has changed since it was shown" };
  return { ok: true, state: settle({ ...clear(state, shown.committer), plan: planned.plan, progress: {} }) };
}

/** Tells how far some transfers have come. Keep it coarse: every change travels to every node. */
export function withProgress(state: RingState, progress: ProgressOf): RingState {
  if (state.plan === undefined) return state;
  return settle({ ...state, progress: { ...state.progress, ...progress } });
}

/**
 * Once every transfer of the plan is done it is the ring, and who left it is exiting, or gone where it was forced. Every node finds that out by itself and
 * comes to the same state.
 */
export function settle(state: RingState): RingState {
  const { plan, ring } = state;
  if (plan === undefined || !new Transition(ring, plan, state.progress).isDone) return state;
  const { changes, nVals: _nVals, ...settled } = plan;
  const lost = forcedOut({ changes });
  const { members, staged } = ring.members
    .filter((member) => !plan.members.includes(member))
    .reduce((rest, member) => withStanding(rest, member, { standing: lost.includes(member) ? "gone" : "exiting" }), state);
  return { members, staged, ring: settled, progress: {} };
}

/** An operator says that a member is down: it does not hold up what needs to hear of everybody. */
export function markDown(state: RingState, member: string): RingState {
  return memberStatus(state, member) === "valid" ? withStanding(state, member, { standing: "down" }) : state;
}

/** A node finds itself marked down, and is not. */
export function markBack(state: RingState, self: string): RingState {
  return entryOf(state.members, self)?.standing === "down" ? withStanding(state, self, { standing: "here" }) : state;
}

/** An exiting member has nothing left that others need. */
export function markGone(state: RingState, member: string): RingState {
  return memberStatus(state, member) === "exiting" ? withStanding(state, member, { standing: "gone" }) : state;
}

/** Whoever owns nothing may be forgotten, also where it does not answer: a node that is joining, or exiting. */
export function forget(state: RingState, member: string): RingState {
  const status = memberStatus(state, member);
  return status === "joining" || status === "exiting" ? withStanding(state, member, { standing: "gone" }) : state;
}

/** Changes an entry where that makes a difference; each change has the next version. */
function withStanding(state: RingState, member: string, change: Partial<Pick<MemberEntry, "standing" | "address">>): RingState {
  const entry = entryOf(state.members, member) ?? { incarnation: 0, version: 0, standing: "gone", address: "" };
  const isNewStay = entry.standing === "gone" && change.standing === "here";
  const changed = { ...entry, ...change, incarnation: entry.incarnation + (isNewStay ? 1 : 0) };
  if (compareCanonical(entry, changed) === 0) return state;
  return { ...state, members: { ...state.members, [member]: { ...changed, version: entry.version + 1 } } };
}

function withStaged(state: RingState, member: string, by: string, change: Change | undefined): RingState {
  const version = (entryOf(state.staged, member)?.version ?? 0) + 1;
  return { ...state, staged: { ...state.staged, [member]: { version, by, ...(change && { change }) } } };
}
