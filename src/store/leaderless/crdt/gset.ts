import { readEntries, writeEntries } from "./canonical.js";
import type { DataType } from "./data-type.js";
import type { GSetOp } from "./operations.js";

/** A set that only grows. */
export const gset: DataType<ReadonlySet<string>, GSetOp> = {
  name: "gset",
  tag: 5,
  contentType: "application/riak_gset",
  empty: () => new Set(),
  update: (state, { adds }) => new Set([...state, ...adds]),
  merge: (a, b) => new Set([...a, ...b]),
  value: (state) => ({ kind: "gset", elements: [...state].sort() }),
  context: () => undefined,
  write: (state, out) => writeEntries(out, new Map(Array.from(state, (element) => [element, null])), () => undefined),
  read: (input) => new Set(readEntries(input, () => null).keys()),
};
