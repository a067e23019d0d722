import type { Key } from "../../../src/store/mvcc/key-value.js";
import { plainRange } from "../../../src/store/mvcc/requests.js";
import type { Compare, DeleteRangeOp, Op, PutOp, RangeOp, RangeQuery, TxnOp } from "../../../src/store/mvcc/requests.js";

/** Requests as one says them: what is not said is as on the wire, absent. */
export function put(key: Key, value = "v", rest: Partial<PutOp> = {}): PutOp {
  return {
    type: "put",
    key,
    value: Buffer.from(value, "latin1"),
    lease: 0n,
    prevKv: false,
    ignoreValue: false,
    ignoreLease: false,
    ...rest,
  };
}

export function del(key: Key, rangeEnd: Key = "", rest: Partial<DeleteRangeOp> = {}): DeleteRangeOp {
  return { type: "deleteRange", key, rangeEnd, prevKv: false, ...rest };
}

export function query(key: Key, rangeEnd: Key = "", rest: Partial<RangeQuery> = {}): RangeQuery {
  return { ...plainRange, key, rangeEnd, ...rest };
}

export function get(key: Key, rangeEnd: Key = "", rest: Partial<RangeQuery> = {}): RangeOp {
  return { type: "range", query: query(key, rangeEnd, rest), serializable: false };
}

export function txn(success: readonly Op[], failure: readonly Op[] = [], conditions: readonly Compare[] = []): TxnOp {
  return { type: "txn", compare: conditions, success, failure };
}

export function compare(
  key: Key,
  target: Compare["target"],
  result: Compare["result"],
  operand: Compare["operand"],
  rangeEnd: Key = "",
): Compare {
  return { key, rangeEnd, target, result, operand } as Compare;
}
