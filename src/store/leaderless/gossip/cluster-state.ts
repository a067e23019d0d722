import { compareRings, type Ring, type RingId } from "../ring/ring.js";
import type { Change, Plan } from "../ring/staged-plan.js";
import type { Progress, ProgressOf } from "../ring/transfers.js";
import { compareCanonical } from "./canonical.js";

/** What nodes tell each other of a member. Whether it is joining, valid or leaving follows from the rings (`memberStatus`). */
export interface MemberEntry {
  /** Which stay in the cluster this is, from 1: who was gone may join again. Within one stay nobody comes back from exiting or gone. */
  readonly incarnation: number;
  /** Grows with every change of this entry. */
  readonly version: number;
  /**
   * `down`: an operator said so, until it is back. `exiting`: it is out of the ring and may still have what others have to get. `gone`: it has not, or is
   * lost; kept, so that older news do not bring it back.
   */
  readonly standing: "here" | "down" | "exiting" | "gone";
  /** Where others reach it. */
  readonly address: string;
}

/** A change that waits for a commit, by member; `change` is undefined once it was committed or cleared. */
export interface Staged {
  readonly version: number;
  readonly by: string;
  readonly change?: Change;
}

export interface RingState {
  readonly members: Readonly<Record<string, MemberEntry>>;
  /** The last ring all of whose owners have what they own. */
  readonly ring: Ring;
  /** The ring they are on their way to. Always a later one than `ring`. */
  readonly plan?: Plan;
  /** Of the plan's transfers. */
  readonly progress: ProgressOf;
  readonly staged: Readonly<Record<string, Staged>>;
}

/** Properties as clients set them: plain JSON. */
export type Props = Readonly<Record<string, unknown>>;

export interface BucketType {
  readonly version: number;
  readonly by: string;
  readonly props: Props;
  /** Every `n_val` that it ever had as an active type: keys may stand where they put them. In order; absent: it was never told any. */
  readonly nVals?: readonly number[];
  readonly isActive: boolean;
  /** Members that have this version of it, sorted: once all have, it may be activated. Empty when it is active. */
  readonly seen: readonly string[];
}

/** What is set for one bucket besides its type's; without `props` it was reset. */
export interface BucketEntry {
  readonly version: number;
  readonly by: string;
  readonly props?: Props;
  /** As a type's; also those of times before a reset. */
  readonly nVals?: readonly number[];
}

/** All that every node of a cluster knows in the end, in the pieces in which it is exchanged. */
export interface ClusterState {
  readonly ring: RingState;
  readonly types: Readonly<Record<string, BucketType>>;
  /** By {@link bucketName}. */
  readonly buckets: Readonly<Record<string, BucketEntry>>;
}

export function bucketName(type: string, bucket: string): string {
  return `${type.length}:${type}${bucket}`;
}

/** What a table has under a name that anybody may have chosen: `constructor` is in none unless put there. */
export function entryOf<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

/** The least upper bound of two states: commutative, associative and idempotent, so that in whatever order they meet, all nodes end with the same. */
export function mergeStates(a: ClusterState, b: ClusterState): ClusterState {
  return { ring: mergeRings(a.ring, b.ring), types: mergeTypes(a.types, b.types), buckets: mergeBuckets(a.buckets, b.buckets) };
}

export function mergeRings(a: RingState, b: RingState): RingState {
  const ring = latestOf(a.ring, b.ring, compareRings);
  const plans = [a.plan, b.plan].filter((plan) => plan !== undefined);
  const latest = plans.length === 2 ? latestOf(plans[0] as Plan, plans[1] as Plan, compareRings) : plans[0];
  const plan = latest !== undefined && compareRings(latest, ring) > 0 ? latest : undefined;
  const progressOf = (state: RingState): ProgressOf => (plan && isSame(state.plan, plan) ? state.progress : {});
  return {
    members: mergeRecords(a.members, b.members, (x, y) => latestOf(x, y, compareMembers)),
    ring,
    ...(plan && { plan }),
    progress: mergeRecords(progressOf(a), progressOf(b), (x, y) => latestOf(x, y, compareProgress)),
    staged: mergeRecords(a.staged, b.staged, (x, y) => latestOf(x, y, compareEntries)),
  };
}

function mergeTypes(a: ClusterState["types"], b: ClusterState["types"]): ClusterState["types"] {
  return mergeRecords(a, b, (x, y) => {
    const bare = (type: BucketType): BucketType => ({ ...withoutNVals(type), seen: [] });
    const latest = latestOf(bare(x), bare(y), compareTypes);
    if (latest.isActive) return withNVals(latest, x, y);
    const seen = [x, y].flatMap((type) =>
      compareTypes(type, latest) === 0 && compareCanonical(bare(type), latest) === 0 ? type.seen : [],
    );
    return { ...latest, seen: [...new Set(seen)].sort() };
  });
}

function mergeBuckets(a: ClusterState["buckets"], b: ClusterState["buckets"]): ClusterState["buckets"] {
  return mergeRecords(a, b, (x, y) => withNVals(latestOf(withoutNVals(x), withoutNVals(y), compareEntries), x, y));
}

interface WithNVals {
  readonly nVals?: readonly number[];
}

/** Whichever of two entries counts: what was written by the other one stays where that has put it. */
function withNVals<T>(latest: T, x: WithNVals, y: WithNVals): T {
  return x.nVals === undefined && y.nVals === undefined ? latest : { ...latest, nVals: nValsHad(x.nVals, y.nVals) };
}

function withoutNVals<T extends WithNVals>({ nVals: _nVals, ...entry }: T): Omit<T, "nVals"> {
  return entry;
}

/** All of them, in order. */
export function nValsHad(a: readonly number[] = [], b: readonly number[] = []): readonly number[] {
  return [...new Set([...a, ...b])].sort((x, y) => x - y);
}

function isSame(a: RingId | undefined, b: RingId): boolean {
  return a !== undefined && compareRings(a, b) === 0 && compareCanonical(a, b) === 0;
}

function mergeRecords<T>(
  a: Readonly<Record<string, T>>,
  b: Readonly<Record<string, T>>,
  merge: (a: T, b: T) => T,
): Record<string, T> {
  const merged = new Map(Object.entries(a));
  for (const [name, entry] of Object.entries(b)) {
    const known = merged.get(name);
    merged.set(name, known === undefined ? entry : merge(known, entry));
  }
  return Object.fromEntries(merged);
}

function latestOf<T>(a: T, b: T, compare: (a: T, b: T) => number): T {
  if (a === b) return a;
  return (compare(a, b) || compareCanonical(a, b)) >= 0 ? a : b;
}

/** Of `down` and `here` the later counts; there is no way back from the others. */
const finality: Readonly<Record<MemberEntry["standing"], number>> = { here: 0, down: 0, exiting: 1, gone: 2 };

function compareMembers(a: MemberEntry, b: MemberEntry): number {
  return a.incarnation - b.incarnation || finality[a.standing] - finality[b.standing] || a.version - b.version;
}

function compareProgress(a: Progress, b: Progress): number {
  return Number(a.state === "done") - Number(b.state === "done") || a.moved - b.moved || a.total - b.total;
}

interface Versioned {
  readonly version: number;
  readonly by: string;
}

function compareEntries(a: Versioned, b: Versioned): number {
  return a.version - b.version || (a.by < b.by ? -1 : a.by > b.by ? 1 : 0);
}

/** What is active stays so, whatever was created elsewhere at the same time. */
function compareTypes(a: BucketType, b: BucketType): number {
  return Number(a.isActive) - Number(b.isActive) || compareEntries(a, b);
}
