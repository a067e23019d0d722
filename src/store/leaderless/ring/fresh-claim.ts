/**
 * Owners of a ring that begins anew: the members in turn, as Riak's diagonal claim, but where the ring's size is no multiple of their number the
 * turns that are one too many are left out all along the ring, of each member at most one, instead of all at its end, where the last
 * partitions would stand too close to the first.
 */
export function freshClaim(members: readonly string[], ringSize: number): string[] {
  const rounds = Math.ceil(ringSize / members.length);
  const leftOut = rounds * members.length - ringSize;
  return Array.from({ length: rounds }, (_, round) =>
    members.filter((_member, turn) => turn >= leftOut || Math.floor((turn * rounds) / leftOut) !== round),
  ).flat();
}
