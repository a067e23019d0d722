import type { Range } from "./place-index.js";

/** What one node is asked for: the next of what it owns, in order. The node keeps nothing in mind between two of these. */
export interface ListAsk {
  readonly range: Range;
  /** Home partitions, of keys that have `n` owners. */
  readonly partitions: readonly number[];
  readonly n: number;
  /** Of terms, see term-pattern.ts. */
  readonly pattern: string | undefined;
  /** Of items. */
  readonly limit: number;
}

export type ListAnswer =
  /** `next`: where to go on; undefined: there is no more. A page may be empty and not the last. */
  | { readonly type: "page"; readonly items: readonly string[]; readonly next: string | undefined }
  /** The node does not own all of these partitions, or not all that they hold has arrived: somebody else has to be asked. */
  | { readonly type: "notOwner" }
  | { readonly type: "overload" };

/** Items of a page, and their bytes: what a coordinator keeps of each node at a time. */
export const pageItemsMax = 500;
export const pageBytesMax = 64 * 1024;
