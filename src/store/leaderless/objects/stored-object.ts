import type { Content, Link } from "../api.js";
import type { Dot, VersionVector } from "../versions/version-vector.js";

/** A value, or a deletion, as a write brings it. */
export interface Written extends Content {
  /** A deletion; `value` is empty. */
  readonly isTombstone: boolean;
}

export interface StoredSibling extends Written {
  /**
   * The event that made it. Undefined where values are not of one event: under plain vectors and wall clocks, and in data types, which are
   * merged.
   */
  readonly dot: Dot | undefined;
  /**
   * µs since 1970. Whole milliseconds are the wall clock of the node that wrote it; what is below them tells apart, in order, what one node
   * wrote within a millisecond.
   */
  readonly lastModifiedUs: number;
}

/**
 * A copy of an object, the same on every node that has seen the same writes: the vector covers them all, `siblings` are those that no other
 * has overwritten, one at least, in the order of {@link compareSiblings}, each once.
 */
export interface StoredObject {
  readonly vector: VersionVector;
  readonly siblings: readonly StoredSibling[];
}

/** What a write brings, as a sibling: its metadata, indexes and links in order, each once. They are sets, in whatever order a client has them. */
export function siblingOf(written: Written, dot: Dot | undefined, lastModifiedUs: number): StoredSibling {
  // one literal, with its fields in the order of all other siblings: copied objects are slow ones
  return {
    value: written.isTombstone ? tombstone.value : written.value,
    contentType: written.contentType,
    charset: written.charset,
    contentEncoding: written.contentEncoding,
    userMeta: ordered(written.userMeta, comparePairs),
    indexes: ordered(written.indexes, comparePairs),
    links: ordered(written.links, compareLinks),
    isTombstone: written.isTombstone,
    dot,
    lastModifiedUs,
  };
}

/** Of a value that nothing is said of. */
export const bareContent: Omit<Content, "value"> = {
  contentType: undefined,
  charset: undefined,
  contentEncoding: undefined,
  userMeta: [],
  indexes: [],
  links: [],
};

/** All its siblings are deletions: for clients there is nothing. */
export function isDeleted(object: StoredObject): boolean {
  return object.siblings.every(({ isTombstone }) => isTombstone);
}

/** What deletes an object. */
export const tombstone: Written = { value: new Uint8Array(0), ...bareContent, isTombstone: true };

/** Those with dots come first, by these; the others oldest first. 0: they are the same, byte by byte. */
export function compareSiblings(a: StoredSibling, b: StoredSibling): number {
  if (a === b) return 0;
  return compareDots(a.dot, b.dot) || compareAges(a, b);
}

/** The older first. Of one time, a tombstone comes first, so the newest is rather a value; then the bytes decide, alike on every node. */
export function compareAges(a: StoredSibling, b: StoredSibling): number {
  return (
    a.lastModifiedUs - b.lastModifiedUs ||
    Number(b.isTombstone) - Number(a.isTombstone) ||
    Buffer.compare(a.value, b.value) ||
    compareMaybe(a.contentType, b.contentType) ||
    compareMaybe(a.charset, b.charset) ||
    compareMaybe(a.contentEncoding, b.contentEncoding) ||
    compareLists(a.userMeta, b.userMeta, comparePairs) ||
    compareLists(a.indexes, b.indexes, comparePairs) ||
    compareLists(a.links, b.links, compareLinks) ||
    compareDots(a.dot, b.dot)
  );
}

export type Pair = readonly [name: string, value: string];

export function comparePairs(a: Pair, b: Pair): number {
  return compareTexts(a[0], b[0]) || compareTexts(a[1], b[1]);
}

export function compareLinks(a: Link, b: Link): number {
  return compareTexts(a.bucket, b.bucket) || compareTexts(a.key, b.key) || compareTexts(a.tag, b.tag);
}

function compareDots(a: Dot | undefined, b: Dot | undefined): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
  return compareTexts(a.actor, b.actor) || a.counter - b.counter;
}

function compareMaybe(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined) return Number(b === undefined) - Number(a === undefined);
  return compareTexts(a, b);
}

function compareTexts(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

function compareLists<T>(a: readonly T[], b: readonly T[], compare: (a: T, b: T) => number): number {
  for (const [i, item] of a.entries()) {
    const other = b[i];
    const order = other === undefined ? 1 : compare(item, other);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

/** Sorted, without repetitions; copied only if it must be. */
export function ordered<T>(items: readonly T[], compare: (a: T, b: T) => number): readonly T[] {
  if (items.length < 2) return items;
  const sorted = [...items].sort(compare);
  return sorted.filter((item, i) => i === 0 || compare(sorted[i - 1] as T, item) !== 0);
}
