import type { RingMember, RingPlan, RingTransfer, RingView } from "../../../core/ring-contract.js";
import { digestOf } from "../gossip/canonical.js";
import { nValsOfCluster } from "../buckets/known.js";
import { entryOf, nValsHad, type ClusterState, type RingState } from "../gossip/cluster-state.js";
import { memberStatus, planStaged, presentMembers, stagedChanges } from "../gossip/membership.js";
import { fewestMoves, moved } from "../ring/claim.js";
import { ringName } from "../ring/ring.js";
import type { Plan } from "../ring/staged-plan.js";
import { transferName, type Transition } from "../ring/transfers.js";

/** Of the node that looks. */
export interface Viewer {
  readonly node: string;
  readonly cluster: string;
  /** N where buckets do not say otherwise. */
  readonly n: number;
  readonly nVals: readonly number[];
  readonly hints: ReadonlyMap<string, number>;
  readonly transition: Transition;
  readonly isReachable: (member: string) => boolean;
}

/** What a node tells of its ring. */
export function ringViewOf({ ring: state }: Pick<ClusterState, "ring">, viewer: Viewer): RingView {
  const { ring, plan } = state;
  const changes = stagedChanges(state);
  const planned = changes.length === 0 ? undefined : planStaged(state, viewer.node, viewer.nVals);
  const nextOwners = plan?.owners ?? (planned?.ok === true ? planned.plan.owners : ring.owners);
  return {
    node: viewer.node,
    cluster: viewer.cluster,
    design: "leaderless",
    partitions: ring.owners.length,
    n: viewer.n,
    ring: ringName(ring),
    nextRing: plan === undefined ? null : ringName(plan),
    digest: digestOf(state),
    owners: ring.owners,
    nextOwners: plan?.owners ?? null,
    members: membersOf(state, nextOwners, viewer.isReachable),
    hints: hintsOf(viewer.hints),
    transfers: transfersOf(state, viewer.transition),
    staged: changes,
    plan: planned?.ok === true ? planOf(state, planned.plan) : null,
    planProblem: planned?.ok === false ? planned.why : null,
  };
}

/** By owner, in order. */
export function hintsOf(hints: ReadonlyMap<string, number>): RingView["hints"] {
  return [...hints].map(([owner, keys]) => ({ owner, keys })).sort((a, b) => (a.owner < b.owner ? -1 : 1));
}

/** Names what a plan does, whoever would commit it. */
export function planId({ version, members, owners, changes, nVals }: Plan): string {
  return digestOf({ version, members, owners, changes, nVals });
}

/** Every N that keys may have: the default, what buckets and types ask for or have asked for, and what is on this node's disk. */
export function nValsOf(state: ClusterState, n: number, places: Iterable<{ readonly n: number }>): readonly number[] {
  return nValsHad(
    nValsOfCluster(state, n),
    Array.from(places, (place) => place.n),
  );
}

function membersOf(state: RingState, nextOwners: readonly string[], isReachable: (member: string) => boolean): RingMember[] {
  return presentMembers(state).flatMap((name, index) => {
    const status = memberStatus(state, name);
    if (status === undefined || status === "gone") return [];
    const [partitions, nextPartitions] = [countOf(state.ring.owners, name), countOf(nextOwners, name)];
    return [{ name, status, isReachable: isReachable(name), partitions, nextPartitions, index }];
  });
}

function transfersOf(state: RingState, transition: Transition): RingTransfer[] {
  return transition.transfers.map((transfer) => {
    const { partition, from, to } = transfer;
    const progress = entryOf(state.progress, transferName(transfer));
    const isNothingLeft = from === undefined;
    return {
      partition,
      from: from ?? null,
      to,
      state: isNothingLeft ? "done" : (progress?.state ?? "waiting"),
      moved: progress?.moved ?? 0,
      total: progress?.total ?? 0,
    };
  });
}

function planOf({ ring, plan: running }: RingState, plan: Plan): RingPlan {
  const before = running ?? ring;
  const names = [...new Set([...before.members, ...plan.members])].sort();
  return {
    id: planId(plan),
    changes: plan.changes.slice(running?.changes.length ?? 0),
    moves: moved(before.owners, plan.owners),
    fewestMoves: fewestMoves(before.owners, plan.members),
    members: names.map((name) => ({ name, before: countOf(before.owners, name), after: countOf(plan.owners, name) })),
  };
}

function countOf(owners: readonly string[], member: string): number {
  return owners.filter((owner) => owner === member).length;
}
