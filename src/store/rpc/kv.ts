import type { Store } from "../io/gateway.js";
import { encodeCommand } from "../kv.js";
import type { KeyValue } from "../kv.js";
import { etcdError } from "../wire/errors.js";
import { rpcs } from "../wire/rpcs.js";
import { answering, notSupported } from "./answering.js";
import type { Answering } from "./answering.js";
import { headersOf } from "./header.js";

/** As etcd: the largest entry of the log. */
const entryBytesMax = 1.5 * 2 ** 20;

const sortOrder = { none: 0, ascend: 1 } as const;
const sortByKey = 0;
const noValue = new Uint8Array(0);

type RangeRequest = (typeof rpcs.kv.range.input)["zero"];
type PutRequest = (typeof rpcs.kv.put.input)["zero"];

/** https://etcd.io/docs/v3.4/learning/api/#key-value-api */
export function kvService(store: Store): readonly Answering[] {
  const header = headersOf(store);
  return [
    answering(rpcs.kv.range, async (request) => {
      checkRange(request);
      const { key, rangeEnd, limit, countOnly, keysOnly, serializable } = request;
      const range = await store.range({ key, rangeEnd, limit: Math.max(0, limit), countOnly }, serializable);
      const kvs = keysOnly ? range.kvs.map(withoutValue) : range.kvs;
      return { header: header(range.revision), kvs, more: range.more, count: range.count };
    }),
    answering(rpcs.kv.put, async (request) => {
      checkPut(request);
      const { key, value, prevKv } = request;
      const { revision, term, previous } = await store.write(encodeCommand({ type: "put", key, value }), prevKv);
      return { header: header(revision, term), prevKv: previous[0] };
    }),
    answering(rpcs.kv.deleteRange, async ({ key, rangeEnd, prevKv }) => {
      requireKey(key);
      const written = await store.write(encodeCommand({ type: "deleteRange", key, rangeEnd }), prevKv);
      return { header: header(written.revision, written.term), deleted: written.changed, prevKvs: written.previous };
    }),
  ];
}

function checkRange(request: RangeRequest): void {
  requireKey(request.key);
  if (request.revision > 0) throw notSupported("a range at a revision of the past");
  // keys come in ascending order anyway; etcd sorts by anything else in ascending order where it is not told in which
  const isKeyOrder =
    request.sortTarget === sortByKey && (request.sortOrder === sortOrder.none || request.sortOrder === sortOrder.ascend);
  if (!isKeyOrder) throw notSupported("a range in another order than the keys'");
  const bounds = [request.minModRevision, request.maxModRevision, request.minCreateRevision, request.maxCreateRevision];
  if (bounds.some((bound) => bound !== 0)) throw notSupported("a range bounded by revisions");
}

function checkPut(request: PutRequest): void {
  requireKey(request.key);
  if (request.key.length + request.value.length > entryBytesMax) throw etcdError("requestTooLarge");
  if (request.lease !== 0n) throw notSupported("a put with a lease");
  if (request.ignoreValue || request.ignoreLease) throw notSupported("a put that keeps the key's value or lease");
}

function requireKey(key: string): void {
  if (key === "") throw etcdError("keyNotProvided");
}

function withoutValue(pair: KeyValue): KeyValue {
  return { ...pair, value: noValue };
}
