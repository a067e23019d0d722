import { objectHash } from "../merkle/hash.js";
import { segmentCount } from "../merkle/hash-tree.js";
import type { Place, Storage } from "../storage.js";

/** What a node that is to give up copies asks who is to have them: whether it holds the same. */
export type HoldsAsk =
  /** Of every segment of the place, in order; 0: the asker has nothing there. */
  | { readonly type: "segments"; readonly hashes: readonly number[] }
  | { readonly type: "keys"; readonly entries: readonly (readonly [key: string, objectHash: number])[] };

/** Positions in what is asked, of which this node holds something else, or nothing. */
export function missingOf(ask: HoldsAsk, place: Place, storage: Pick<Storage, "tree" | "get">): number[] {
  if (ask.type === "segments") {
    const tree = storage.tree(place);
    return positionsOf(ask.hashes.slice(0, segmentCount), (hash, segment) => hash !== 0 && hash !== tree.segment(segment));
  }
  return positionsOf(ask.entries, ([key, hash]) => {
    const object = storage.get(place, key);
    return object === undefined || objectHash(object) !== hash;
  });
}

/** As {@link missingOf}, of a node that may not answer for the place. */
export function allOf(ask: HoldsAsk): number[] {
  return [...(ask.type === "segments" ? ask.hashes : ask.entries).keys()];
}

function positionsOf<T>(asked: readonly T[], isMissing: (each: T, position: number) => boolean): number[] {
  return asked.flatMap((each, position) => (isMissing(each, position) ? [position] : []));
}
