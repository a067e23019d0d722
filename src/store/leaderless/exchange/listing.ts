import { keyHash, segmentOf } from "../merkle/hash.js";
import type { Place, Storage } from "../storage.js";
import { hashBytes, type Entry } from "./messages.js";

/** Part of the listing of some segments. */
export interface Listing {
  readonly entries: readonly Entry[];
  /** Whether nothing is left behind the last of them. */
  readonly areAll: boolean;
}

/** What two copies of a place hold of a key; 0: nothing. */
export interface Difference {
  readonly key: string;
  readonly ours: number;
  readonly theirs: number;
}

/**
 * Entries of these segments, which are in order, and within each in the order of the keys; of the first one from behind `after` on. As many as fit into so
 * many bytes, one at least. A page is of what there is when it is made: of the pages of a listing, a key that stays throughout is in one.
 */
export function listKeys(
  storage: Pick<Storage, "entries">,
  place: Place,
  segments: readonly number[],
  after: string | undefined,
  bytesMax: number,
): Listing {
  const entries: Entry[] = [];
  let bytes = 0;
  for (const segment of segments) {
    for (const entry of [...storage.entries(place, segment)].sort(compareKeys)) {
      const [key] = entry;
      if (after !== undefined && segment === segments[0] && key <= after) continue;
      bytes += key.length + hashBytes;
      if (bytes > bytesMax && entries.length > 0) return { entries, areAll: false };
      entries.push(entry);
    }
  }
  return { entries, areAll: true };
}

/** What is left of the segments behind this key. */
export function segmentsFrom(segments: readonly number[], key: string): readonly number[] {
  const segment = segmentOf(keyHash(key));
  return segments.filter((each) => each >= segment);
}

/** What two pages of the same listing say together. */
export interface Compared {
  readonly differences: readonly Difference[];
  /** The last key that was compared, behind which the next pages begin. Undefined: there are none. */
  readonly upTo: string | undefined;
}

/** Compares two pages of the same listing as far as the shorter one goes; what is behind its end, the next pages have again. */
export function compareListings(ours: Listing, theirs: Listing): Compared {
  const differences: Difference[] = [];
  let upTo: string | undefined;
  let [i, j] = [0, 0];
  for (;;) {
    const [left, right] = [ours.entries[i], theirs.entries[j]];
    if ((left === undefined && !ours.areAll) || (right === undefined && !theirs.areAll)) return { differences, upTo };
    if (left === undefined && right === undefined) return { differences, upTo: undefined };
    const order = left === undefined ? 1 : right === undefined ? -1 : compareEntries(left, right);
    const [key] = (order <= 0 ? left : right) as Entry;
    const difference = { key, ours: order <= 0 ? (left as Entry)[1] : 0, theirs: order >= 0 ? (right as Entry)[1] : 0 };
    if (difference.ours !== difference.theirs) differences.push(difference);
    upTo = key;
    if (order <= 0) i++;
    if (order >= 0) j++;
  }
}

/** Whether these may be the page of a listing of these segments from behind `after` on: only then is there an end to listing. */
export function isPage({ entries, areAll }: Listing, segments: readonly number[], after: string | undefined): boolean {
  const wanted = new Set(segments);
  const isInOrder = entries.every((entry, at) => {
    const before = entries[at - 1]?.[0] ?? after;
    return wanted.has(segmentOf(keyHash(entry[0]))) && (before === undefined || compareEntries([before, 0], entry) < 0);
  });
  return isInOrder && (areAll || entries.length > 0);
}

/** In the order of a listing. */
function compareEntries(a: Entry, b: Entry): number {
  return segmentOf(keyHash(a[0])) - segmentOf(keyHash(b[0])) || compareKeys(a, b);
}

function compareKeys([a]: Entry, [b]: Entry): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
