import { unreachable } from "../../core/invariant.js";
import type { KeyIndex } from "./key-index.js";
import type { KeyValue, Revision } from "./key-value.js";
import { noValue } from "./key-value.js";
import type { KvError, RangeAnswer, RangeQuery, Refused, SortTarget } from "./requests.js";
import { refused } from "./requests.js";

/** What a range is read from: the store, or a transaction that has written already. */
export interface ReadView {
  readonly revision: Revision;
  /** Older revisions cannot be read any more; the compacted one can. */
  readonly compactRevision: Revision;
  readonly index: KeyIndex;
}

/**
 * Answers a range query. The order of the steps is etcd's and can be seen: bounds take away before the limit does, `count` knows of neither.
 */
export function range(view: ReadView, query: RangeQuery): RangeAnswer | Refused {
  const error = unreadable(view, query.revision);
  if (error !== undefined) return refused(error);
  const revision = query.revision > 0 ? query.revision : view.revision;
  if (query.countOnly) {
    let count = 0;
    view.index.forEach(query.key, query.rangeEnd, revision, () => count++);
    return { type: "range", revision: view.revision, kvs: [], count, more: false };
  }
  const inRange: KeyValue[] = view.index.list(query.key, query.rangeEnd, revision);
  const wanted = sorted(bounded(fetched(inRange, query), query), query.sort);
  const more = query.limit > 0 && wanted.length > query.limit;
  const within = more ? wanted.slice(0, query.limit) : wanted;
  const kvs = query.keysOnly ? within.map((kv) => ({ ...kv, value: noValue })) : within;
  return { type: "range", revision: view.revision, kvs, count: inRange.length, more };
}

/** Why nothing can be read at `revision`, if so. */
export function unreadable(view: ReadView, revision: Revision): KvError | undefined {
  if (revision > view.revision) return "futureRevision";
  return revision > 0 && revision < view.compactRevision ? "compacted" : undefined;
}

/**
 * etcd fetches no more than it will need: where neither an order nor a bound is asked for, one pair more than the limit. So a target without
 * an order sorts the first pairs by key, and not all pairs.
 */
function fetched(inRange: readonly KeyValue[], query: RangeQuery): readonly KeyValue[] {
  const isPrefixEnough = query.limit > 0 && query.sort.order === "none" && !isBounded(query);
  return isPrefixEnough ? inRange.slice(0, query.limit + 1) : inRange;
}

function isBounded({ minMod, maxMod, minCreate, maxCreate }: RangeQuery): boolean {
  return minMod !== 0 || maxMod !== 0 || minCreate !== 0 || maxCreate !== 0;
}

function bounded(kvs: readonly KeyValue[], query: RangeQuery): readonly KeyValue[] {
  if (!isBounded(query)) return kvs;
  const { minMod, maxMod, minCreate, maxCreate } = query;
  return kvs.filter(
    ({ modRevision, createRevision }) =>
      (maxMod === 0 || modRevision <= maxMod) &&
      (minMod === 0 || modRevision >= minMod) &&
      (maxCreate === 0 || createRevision <= maxCreate) &&
      (minCreate === 0 || createRevision >= minCreate),
  );
}

/** Of `kvs`, which ascend by key; what ties stays in that order, descending too. (In etcd the order of ties is left to chance.) */
function sorted(kvs: readonly KeyValue[], { by, order }: RangeQuery["sort"]): readonly KeyValue[] {
  if (kvs.length < 2) return kvs;
  if (by === "key") return order === "descend" ? kvs.toReversed() : kvs;
  const ascending = comparatorOf(by);
  return kvs.toSorted(order === "descend" ? (a, b) => ascending(b, a) : ascending);
}

function comparatorOf(by: Exclude<SortTarget, "key">): (a: KeyValue, b: KeyValue) => number {
  switch (by) {
    case "version":
      return (a, b) => a.version - b.version;
    case "create":
      return (a, b) => a.createRevision - b.createRevision;
    case "mod":
      return (a, b) => a.modRevision - b.modRevision;
    case "value":
      return (a, b) => Buffer.compare(a.value, b.value);
    default:
      return unreachable(by);
  }
}
