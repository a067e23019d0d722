/** Children of each inner node; two levels of them make {@link segmentCount} leaves. */
export const fanOut = 32;
export const segmentCount = fanOut * fanOut;

/**
 * A Merkle tree of fixed shape (Dynamo §4.7): a root, {@link fanOut} branches, {@link segmentCount} segments. A hash is a whole number below
 * 2^48; that of nothing is 0, and two trees of the same keys and objects have the same hashes, in whatever order these came.
 */
export interface HashTree {
  root(): number;
  branch(index: number): number;
  segment(index: number): number;
}
