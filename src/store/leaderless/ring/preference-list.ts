/** One of the members that answer for a key. */
export interface Owner {
  readonly member: string;
  /** How many of the N answers are its own: more than one only where the ring has fewer members than N. */
  readonly positions: number;
}

/** Who is asked in an owner's stead, or the owner itself. */
export interface Replica extends Owner {
  /** The owner that `member` stands in for, and keeps a hint for (Dynamo §4.6). Absent: it is an owner itself. */
  readonly hintFor?: string;
}

/** For each partition every member of the ring, each once, in the order in which one meets them clockwise from there. */
export type Walks = readonly (readonly string[])[];

/** @param owners of each partition. Counted from the last partition to the first: a walk is the next partition's, with its own owner before all others. */
export function walksOf(owners: readonly string[]): Walks {
  const walks: string[][] = owners.map(() => []);
  let walk = [...new Set(owners)];
  for (let partition = owners.length - 1; partition >= 0; partition--) {
    const owner = owners[partition] as string;
    walk = [owner, ...walk.filter((member) => member !== owner)];
    walks[partition] = walk;
  }
  return walks;
}

/**
 * The first `n` distinct members of a walk, who answer for the keys whose home it begins at. Where there are fewer members, they take turns until
 * all `n` answers have someone to give them, as consecutive partitions of a balanced ring do.
 */
export function preferenceList(walk: readonly string[], n: number): Owner[] {
  const members = walk.slice(0, n);
  return members.map((member, i) => ({ member, positions: Math.floor((n - 1 - i) / members.length) + 1 }));
}

/**
 * Sloppy quorum: the owners that can be reached, each owner that cannot replaced by the next member of the walk that can. Where nobody is left, an
 * owner is asked all the same if it is worth trying; else nobody is.
 */
export function sloppyList(
  walk: readonly string[],
  n: number,
  isReachable: (member: string) => boolean,
  isWorthTrying: (member: string) => boolean = () => false,
): Replica[] {
  const standIns = walk.slice(n).filter(isReachable).values();
  return preferenceList(walk, n).flatMap((owner): Replica[] => {
    if (isReachable(owner.member)) return [owner];
    const { value: member } = standIns.next();
    if (member !== undefined) return [{ member, positions: owner.positions, hintFor: owner.member }];
    return isWorthTrying(owner.member) ? [owner] : [];
  });
}
