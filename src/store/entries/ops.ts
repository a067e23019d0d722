import { unreachable } from "../../core/invariant.js";
import type { Compare, DeleteRangeOp, EmptyOp, Op, PutOp, RangeOp, RangeQuery, TxnOp } from "../mvcc/requests.js";
import { WireError } from "../wire/decode.js";
import type { Message } from "../wire/schema.js";
import type { rpcs } from "../wire/rpcs.js";

/** etcd's requests, as they stand on the wire, in the store's own words. What has no such words is refused with {@link WireError}. */

type Value<M> = M extends Message<infer T> ? T : never;
export type RangeRequest = Value<typeof rpcs.kv.range.input>;
export type PutRequest = Value<typeof rpcs.kv.put.input>;
export type DeleteRangeRequest = Value<typeof rpcs.kv.deleteRange.input>;
export type TxnRequest = Value<typeof rpcs.kv.txn.input>;
type CompareRequest = TxnRequest["compare"][number];
type OpRequest = TxnRequest["success"][number];

// By their numbers in rpc.proto.
const sortOrders = ["none", "ascend", "descend"] as const;
const sortTargets = ["key", "version", "create", "mod", "value"] as const;
const compareResults = ["equal", "greater", "less", "notEqual"] as const;
const compareTargets = ["version", "create", "mod", "value", "lease"] as const;

export function rangeOp(request: RangeRequest): RangeOp {
  return { type: "range", query: rangeQuery(request), serializable: request.serializable };
}

function rangeQuery(request: RangeRequest): RangeQuery {
  const { key, rangeEnd, limit, revision, countOnly, keysOnly } = request;
  return {
    key,
    rangeEnd,
    limit,
    revision,
    sort: {
      by: nameOf("sort target", sortTargets, request.sortTarget),
      order: nameOf("sort order", sortOrders, request.sortOrder),
    },
    countOnly,
    keysOnly,
    minMod: request.minModRevision,
    maxMod: request.maxModRevision,
    minCreate: request.minCreateRevision,
    maxCreate: request.maxCreateRevision,
  };
}

/** Its value stays a view of the request's bytes. */
export function putOp({ key, value, lease, prevKv, ignoreValue, ignoreLease }: PutRequest): PutOp {
  return { type: "put", key, value, lease, prevKv, ignoreValue, ignoreLease };
}

export function deleteRangeOp({ key, rangeEnd, prevKv }: DeleteRangeRequest): DeleteRangeOp {
  return { type: "deleteRange", key, rangeEnd, prevKv };
}

/** The values of its puts stay views of the request's bytes; a transaction that has none may outlive them. */
export function txnOp({ compare, success, failure }: TxnRequest): TxnOp {
  return { type: "txn", compare: compare.map(compareOf), success: success.map(opOf), failure: failure.map(opOf) };
}

function opOf({ requestRange, requestPut, requestDeleteRange, requestTxn }: OpRequest): Op {
  if (requestRange !== undefined) return rangeOp(requestRange);
  if (requestPut !== undefined) return putOp(requestPut);
  if (requestDeleteRange !== undefined) return deleteRangeOp(requestDeleteRange);
  return requestTxn === undefined ? emptyOp : txnOp(requestTxn);
}

const emptyOp: EmptyOp = { type: "empty" };

/** An operand of another kind than the target's counts as none: as zero. */
function compareOf(request: CompareRequest): Compare {
  const { key, rangeEnd } = request;
  const result = nameOf("result of a comparison", compareResults, request.result);
  const target = nameOf("target of a comparison", compareTargets, request.target);
  switch (target) {
    case "version":
      return { key, rangeEnd, result, target, operand: request.version ?? 0 };
    case "create":
      return { key, rangeEnd, result, target, operand: request.createRevision ?? 0 };
    case "mod":
      return { key, rangeEnd, result, target, operand: request.modRevision ?? 0 };
    case "value":
      return { key, rangeEnd, result, target, operand: new Uint8Array(request.value ?? []) };
    case "lease":
      return { key, rangeEnd, result, target, operand: request.lease ?? 0n };
    default:
      return unreachable(target);
  }
}

/** Enums of the wire are open, the store's are not. `what`: a noun. */
function nameOf<N extends string>(what: string, names: readonly N[], number: number): N {
  const name = names[number];
  if (name === undefined) throw new WireError(`there is no ${what} of number ${number}`);
  return name;
}
