/**
 * How many pairs of partitions less than `distance` apart, clockwise and over the end, have one owner. 0 where every `distance` successive
 * partitions are on distinct members.
 */
export function clashes(owners: readonly string[], distance: number): number {
  let count = 0;
  for (let partition = 0; partition < owners.length; partition++)
    count += clashesAt(owners, partition, owners[partition] as string, distance);
  return count / 2;
}

/** How many partitions less than `distance` away from `partition`, either way, `member` owns. */
export function clashesAt(owners: readonly string[], partition: number, member: string, distance: number): number {
  const { length } = owners;
  let count = 0;
  for (let step = 1; step < distance; step++) {
    if (owners[(partition + step) % length] === member) count++;
    if (owners[(partition - step + length) % length] === member) count++;
  }
  return count;
}
