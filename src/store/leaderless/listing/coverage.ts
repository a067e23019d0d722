/** Which of their home partitions each node is asked for. */
export type Coverage = ReadonlyMap<string, readonly number[]>;

/**
 * Few nodes that together own all of these partitions, one owner of each: greedily, whoever owns most of what is left comes first, `self` before
 * others. The very fewest are hard to find (set cover), and hardly fewer. `missing`: partitions that nobody owns.
 */
export function coverageOf(
  partitions: readonly number[],
  ownersOf: (partition: number) => readonly string[],
  self: string,
): { readonly coverage: Coverage; readonly missing: readonly number[] } {
  const owners = new Map(partitions.map((partition) => [partition, ownersOf(partition)]));
  const missing = partitions.filter((partition) => owners.get(partition)?.length === 0);
  for (const partition of missing) owners.delete(partition);
  const coverage = new Map<string, number[]>();
  while (owners.size > 0) {
    const member = mostNeeded([...owners.values()], self);
    const covered = [...owners].flatMap(([partition, members]) => (members.includes(member) ? [partition] : []));
    for (const partition of covered) owners.delete(partition);
    coverage.set(member, covered);
  }
  return { coverage, missing };
}

function mostNeeded(owners: readonly (readonly string[])[], self: string): string {
  const counts = new Map<string, number>();
  for (const member of owners.flat()) counts.set(member, (counts.get(member) ?? 0) + 1);
  const [[most] = [self]] = [...counts].sort(
    ([a, countOfA], [b, countOfB]) => countOfB - countOfA || Number(b === self) - Number(a === self) || (a < b ? -1 : 1),
  );
  return most;
}
