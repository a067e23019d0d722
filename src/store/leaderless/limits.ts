/** What a node of the leaderless store takes at most. */

/** An object with all its siblings and what is said of them, as it stands on disk. Riak refuses from 50 MB on as well. */
export const objectBytesMax = 50 * 2 ** 20;

/** Requests of clients that wait for their answers at one time. */
export const requestsMax = 4096;

/** All that these requests carry. */
export const requestBytesMax = 128 * 2 ** 20;

/** Writes of others that wait for the disk at one time: those who send more have to wait themselves. */
export const waitingForDiskMax = 65_536;

/** Owners of a key: more copies than there are nodes in the largest cluster help nobody. */
export const nValMax = 50;

export function isNVal(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= nValMax;
}
