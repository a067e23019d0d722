import { segmentCount } from "../merkle/hash-tree.js";
import type { Place, Storage } from "../storage.js";

/**
 * All keys of a place, each with the hash of its object. They may come and go meanwhile: one that is there from beginning to end is met once.
 */
export function* keysOf(storage: Storage, place: Place): Generator<readonly [key: string, objectHash: number]> {
  const tree = storage.tree(place);
  for (let segment = 0; segment < segmentCount; segment++) {
    if (tree.segment(segment) !== 0) yield* Array.from(storage.entries(place, segment));
  }
}
