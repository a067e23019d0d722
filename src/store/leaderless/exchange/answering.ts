import { fanOut, segmentCount } from "../merkle/hash-tree.js";
import { objectHash } from "../merkle/hash.js";
import type { Place, Storage } from "../storage.js";
import { listKeys } from "./listing.js";
import { keysBytesMax, objectsBytesMax, objectsMax, type Entry, type ExchangeAnswer, type ExchangeAsk } from "./messages.js";

type Answered = Exclude<ExchangeAsk, { readonly type: "end" }>;

/**
 * What the driver of an exchange is answered by the other owner, whose copy of the place is compared: a question of what is there at this moment.
 * The roots are known to differ. Undefined where it is no question that an exchange has.
 */
export function answerTo(
  ask: Answered,
  place: Place,
  storage: Pick<Storage, "tree" | "entries" | "get">,
): ExchangeAnswer | undefined {
  const tree = storage.tree(place);
  switch (ask.type) {
    case "root":
      return { type: "branches", hashes: Array.from({ length: fanOut }, (_, branch) => tree.branch(branch)) };
    case "segments": {
      if (!areIncreasing(ask.branches, fanOut)) return undefined;
      const segments = ask.branches.flatMap((branch) => Array.from({ length: fanOut }, (_, at) => branch * fanOut + at));
      return { type: "segments", hashes: segments.map((segment) => tree.segment(segment)) };
    }
    case "keys":
      if (!areIncreasing(ask.segments, segmentCount)) return undefined;
      return { type: "keys", ...listKeys(storage, place, ask.segments, ask.after, keysBytesMax) };
    case "objects":
      return ask.keys.length > objectsMax ? undefined : { type: "objects", objects: objectsOf(ask.keys, place, storage) };
  }
}

/** Of as many of the first keys as fit into an answer. */
function objectsOf(keys: readonly Entry[], place: Place, storage: Pick<Storage, "get">): (Uint8Array | "none" | "changed")[] {
  const objects: (Uint8Array | "none" | "changed")[] = [];
  let bytes = 0;
  for (const [key, hash] of keys) {
    const object = storage.get(place, key);
    if (hash !== (object === undefined ? 0 : objectHash(object))) objects.push("changed");
    else if (object === undefined) objects.push("none");
    else {
      bytes += object.length;
      if (bytes > objectsBytesMax && objects.length > 0) return objects;
      objects.push(object);
    }
  }
  return objects;
}

/** Whole numbers below `end`, each greater than the one before. */
function areIncreasing(numbers: readonly number[], end: number): boolean {
  return numbers.every((number, at) => Number.isInteger(number) && number > (numbers[at - 1] ?? -1) && number < end);
}
