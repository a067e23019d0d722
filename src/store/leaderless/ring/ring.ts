/** Orders all that was ever committed: by `version`, then by who committed it. */
export interface RingId {
  readonly version: number;
  readonly committer: string;
}

/** Who owns each partition, and who is a member. A member may own none. */
export interface Ring extends RingId {
  /** Sorted. */
  readonly members: readonly string[];
  /** By partition. */
  readonly owners: readonly string[];
  /** Ids of the rings that this one came from ({@link ringName}), the latest first; as many as are needed to tell a plan that was overruled. */
  readonly lineage: readonly string[];
}

const lineageMax = 16;

/** Below 0 where `a` gives way to `b`. */
export function compareRings(a: RingId, b: RingId): number {
  return a.version - b.version || (a.committer < b.committer ? -1 : a.committer > b.committer ? 1 : 0);
}

export function ringName({ version, committer }: RingId): string {
  return `${version}@${committer}`;
}

export function lineageAfter(ring: Ring): string[] {
  return [ringName(ring), ...ring.lineage].slice(0, lineageMax);
}
