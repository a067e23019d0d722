import type { RingMemberStatus, RingPlan, RingChange, RingTransfer, RingView } from "../../core/ring-contract.js";

/** What one node of the service was found to be. */
export interface Asked<View> {
  readonly node: string;
  /** Of its container. */
  readonly state: string;
  /** What it says of what it was asked for; null where it did not answer. */
  readonly view: View | null;
}

export type AskedNode = Asked<RingView>;

/** The ring of a cluster, put together from what its nodes say. */
export interface ClusterRing {
  readonly cluster: string;
  /** Whose view of owners and members this is: one of those that know the latest ring and that most nodes agree with. */
  readonly toldBy: string;
  readonly ring: string;
  readonly nextRing: string | null;
  readonly n: number;
  readonly owners: readonly string[];
  readonly nextOwners: readonly string[] | null;
  readonly members: readonly SeenMember[];
  /** Nodes that know the same, in groups, the one of `toldBy` first: one group where all that answer agree. */
  readonly views: readonly RingGroup[];
  /** Nodes of the service that do not answer, and how their containers are. */
  readonly silent: readonly { readonly node: string; readonly state: string }[];
  /** Keys that wait for owners: who keeps how many for whom. */
  readonly hints: readonly WaitingHints[];
  readonly transfers: readonly RingTransfer[];
  readonly staged: readonly RingChange[];
  readonly plan: RingPlan | null;
  readonly planProblem: string | null;
}

export interface SeenMember {
  readonly name: string;
  readonly status: RingMemberStatus;
  readonly partitions: number;
  readonly nextPartitions: number;
  /** Its place among all members by name, from 0. */
  readonly index: number;
  /** Of the others that answered, who cannot reach it. */
  readonly unreachableFor: readonly string[];
  /** How many others answered. */
  readonly asked: number;
}

export interface RingGroup {
  readonly nodes: readonly string[];
  readonly ring: string;
  readonly nextRing: string | null;
  readonly digest: string;
}

export interface WaitingHints {
  readonly keptBy: string;
  readonly owner: string;
  readonly keys: number;
}

/** Undefined: nobody answers. */
export function clusterRing(cluster: string, asked: readonly AskedNode[]): ClusterRing | undefined {
  const views = asked.flatMap(({ view }) => (view === null ? [] : [view]));
  const groups = groupsOf(views);
  const [first] = groups;
  const told = views.find(({ node }) => node === first?.nodes[0]);
  if (told === undefined) return undefined;
  const { node, ring, nextRing, n, owners, nextOwners, staged, plan, planProblem } = told;
  return {
    cluster,
    toldBy: node,
    ring,
    nextRing,
    n,
    owners,
    nextOwners,
    members: told.members.map(({ isReachable: _isReachable, ...member }) => {
      const others = views.filter((view) => view.node !== member.name);
      const unreachableFor = others.filter((view) => !reaches(view, member.name)).map((view) => view.node);
      return { ...member, unreachableFor, asked: others.length };
    }),
    views: groups,
    silent: asked.filter(({ view }) => view === null).map((each) => ({ node: each.node, state: each.state })),
    hints: views.flatMap((view) => view.hints.map(({ owner, keys }) => ({ keptBy: view.node, owner, keys }))),
    transfers: mergedTransfers(told, views),
    staged,
    plan,
    planProblem,
  };
}

/** A member that somebody has not heard of yet is no member that it cannot reach. */
function reaches(view: RingView, name: string): boolean {
  return view.members.find((member) => member.name === name)?.isReachable ?? true;
}

/** The group with the latest ring first, of those the one that knows the latest plan, of those the largest. */
function groupsOf(views: readonly RingView[]): readonly RingGroup[] {
  const byDigest = new Map<string, RingView[]>();
  for (const view of views) byDigest.set(view.digest, [...(byDigest.get(view.digest) ?? []), view]);
  return [...byDigest.values()].sort(before).flatMap((group) => {
    const [one] = group;
    return one === undefined
      ? []
      : [{ nodes: group.map(({ node }) => node), ring: one.ring, nextRing: one.nextRing, digest: one.digest }];
  });
}

function before(one: readonly RingView[], other: readonly RingView[]): number {
  const [a, b] = [one[0], other[0]];
  return compareNames(b?.ring, a?.ring) || compareNames(b?.nextRing, a?.nextRing) || other.length - one.length;
}

/** `version@committer`: by version, then by who committed it, as nodes themselves decide. */
function compareNames(a: string | null | undefined, b: string | null | undefined): number {
  const [versionOfA, committerOfA] = partsOf(a);
  const [versionOfB, committerOfB] = partsOf(b);
  return versionOfA - versionOfB || (committerOfA < committerOfB ? -1 : committerOfA > committerOfB ? 1 : 0);
}

function partsOf(name: string | null | undefined): readonly [version: number, committer: string] {
  if (name === null || name === undefined) return [-1, ""];
  const at = name.indexOf("@");
  return [Number(name.slice(0, at)), name.slice(at + 1)];
}

const stages = ["waiting", "running", "done"] as const;

/** News of a transfer travel slowly: whoever knows it to be further is right. */
function mergedTransfers({ nextRing, transfers }: RingView, views: readonly RingView[]): readonly RingTransfer[] {
  const same = views.filter((view) => view.nextRing === nextRing);
  return transfers.map((transfer) =>
    same
      .flatMap((view) => view.transfers.filter(({ partition, to }) => partition === transfer.partition && to === transfer.to))
      .reduce((furthest, next) => (isFurther(next, furthest) ? next : furthest), transfer),
  );
}

function isFurther(a: RingTransfer, b: RingTransfer): boolean {
  const stage = stages.indexOf(a.state) - stages.indexOf(b.state);
  return stage > 0 || (stage === 0 && a.moved > b.moved);
}
