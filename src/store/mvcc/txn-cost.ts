import type { Key } from "./key-value.js";
import type { ReadView } from "./range.js";
import type { TxnOp } from "./requests.js";

/** Ranges in a transaction that may be as large as they like. */
const rangesFree = 2;
/** Keys that all ranges of a transaction with more of them may have together, counted each time. */
const keysMax = 250_000;

/**
 * Whether a transaction would go over too many keys, with all that is nested in it. A request of a few kilobytes can ask for everything a
 * hundred times, and nested for everything a hundred thousand times, and all members would do nothing else until they had done it, each
 * time they read it from their logs.
 *
 * Only keys that stand before the transaction are counted, whichever revision is asked for: these are the same on all members.
 */
export function readsTooMuch({ index, revision }: ReadView, op: TxnOp): boolean {
  const ranges = [...rangesOf(op)];
  if (ranges.length <= rangesFree) return false;
  let left = keysMax;
  for (const { key, rangeEnd } of ranges) {
    left -= index.count(key, rangeEnd, revision, left + 1);
    if (left < 0) return true;
  }
  return false;
}

/** Those of more than one key, in comparisons and in both branches. */
function* rangesOf({
  compare,
  success,
  failure,
}: TxnOp): Generator<{ readonly key: Key; readonly rangeEnd: Key }, void, undefined> {
  for (const each of compare) if (each.rangeEnd !== "") yield each;
  for (const op of [...success, ...failure]) {
    if (op.type === "txn") yield* rangesOf(op);
    else if (op.type === "range" && op.query.rangeEnd !== "") yield op.query;
    else if (op.type === "deleteRange" && op.rangeEnd !== "") yield op;
  }
}
