import type { Span } from "./record-format.js";

/** What is known of a data file without reading it. */
export interface FileAccount {
  readonly number: number;
  /** All that was written to it. */
  readonly bytes: number;
  /** Of records that the key directory points to. */
  readonly liveBytes: number;
  readonly removalBytes: number;
  /** Of all its removals together; undefined = there is none. */
  readonly removals: Span | undefined;
}

/**
 * Whether the removals of this span that stand in file `own` must outlive it: another file may hold an earlier record of the key, which
 * would be back without them. `files`: numbers of all that are there.
 */
export function removalIsNeeded({ since, upTo }: Span, own: number, files: Iterable<number>): boolean {
  for (const file of files) if (file !== own && file >= since && file <= upTo) return true;
  return false;
}

/**
 * The closed file that is best merged next: that with the largest part of bytes that nobody needs, where it is `deadRatioMin` at least
 * (0..1). Undefined where there is none.
 */
export function planMerge(closed: readonly FileAccount[], files: readonly number[], deadRatioMin: number): number | undefined {
  let best: { readonly number: number; readonly ratio: number } | undefined;
  for (const { number, bytes, liveBytes, removalBytes, removals } of closed) {
    const kept = removals !== undefined && removalIsNeeded(removals, number, files) ? removalBytes : 0;
    const ratio = bytes === 0 ? 1 : (bytes - liveBytes - kept) / bytes;
    if (ratio >= deadRatioMin && ratio > (best?.ratio ?? 0)) best = { number, ratio };
  }
  return best?.number;
}
