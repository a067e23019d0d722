import type { Key, KeyValue, LeaseId, Revision } from "./key-value.js";

/**
 * What can be asked of the store, and its answers: etcd's KV service without its wire format.
 * https://etcd.io/docs/v3.4/learning/api/
 *
 * `rangeEnd`, everywhere: empty = the one key · a single zero byte = everything from `key` on · else [key, rangeEnd), which is empty
 * where it does not ascend.
 */
export interface RangeQuery {
  readonly key: Key;
  readonly rangeEnd: Key;
  /** Pairs to return at most; 0 and below: all. */
  readonly limit: number;
  /** The past to read; 0 and below: now. */
  readonly revision: Revision;
  /**
   * With order "none" pairs come by key for "key", and ascending for every other target; but with a limit and no bounds only the first
   * limit + 1 pairs by key are looked at.
   */
  readonly sort: { readonly by: SortTarget; readonly order: "none" | "ascend" | "descend" };
  readonly countOnly: boolean;
  /** Pairs come with empty values. */
  readonly keysOnly: boolean;
  // Bounds, inclusive; 0: none. They take pairs away, but not from `count`.
  readonly minMod: Revision;
  readonly maxMod: Revision;
  readonly minCreate: Revision;
  readonly maxCreate: Revision;
}

/** All pairs of a range, as they are now: what a request asks that says nothing but its keys. */
export const plainRange: Omit<RangeQuery, "key" | "rangeEnd"> = {
  limit: 0,
  revision: 0,
  sort: { by: "key", order: "none" },
  countOnly: false,
  keysOnly: false,
  minMod: 0,
  maxMod: 0,
  minCreate: 0,
  maxCreate: 0,
};

export type SortTarget = "key" | "version" | "create" | "mod" | "value";

export interface PutOp {
  readonly type: "put";
  readonly key: Key;
  readonly value: Uint8Array;
  readonly lease: LeaseId;
  /** Whether the answer holds what was there before. */
  readonly prevKv: boolean;
  /** Keep the value, or the lease, that the key has: it must exist. */
  readonly ignoreValue: boolean;
  readonly ignoreLease: boolean;
}

export interface DeleteRangeOp {
  readonly type: "deleteRange";
  readonly key: Key;
  readonly rangeEnd: Key;
  readonly prevKv: boolean;
}

export interface RangeOp {
  readonly type: "range";
  readonly query: RangeQuery;
  readonly serializable: boolean;
}

export interface TxnOp {
  readonly type: "txn";
  /** All must hold for `success` to be done, else `failure` is. */
  readonly compare: readonly Compare[];
  readonly success: readonly Op[];
  readonly failure: readonly Op[];
}

/** A request of a transaction that a client left empty. It is always refused, but in its turn: an error before it comes first. */
export interface EmptyOp {
  readonly type: "empty";
}

export type Op = PutOp | DeleteRangeOp | RangeOp | TxnOp | EmptyOp;

/** Holds if every key of the range is in relation `result` to the operand: `key's target` result `operand`. */
export type Compare = {
  readonly result: "equal" | "greater" | "less" | "notEqual";
  readonly key: Key;
  readonly rangeEnd: Key;
} & (
  | { readonly target: "version" | "create" | "mod"; readonly operand: number }
  | { readonly target: "lease"; readonly operand: LeaseId }
  | { readonly target: "value"; readonly operand: Uint8Array }
);

export interface RangeAnswer {
  readonly type: "range";
  /** The store's revision, not the one that was read. */
  readonly revision: Revision;
  readonly kvs: readonly KeyValue[];
  /** Pairs in the range at that revision, whatever limit and bounds. */
  readonly count: number;
  /** Whether the limit cut pairs off. */
  readonly more: boolean;
}

export interface PutAnswer {
  readonly type: "put";
  readonly revision: Revision;
  readonly previous: KeyValue | undefined;
}

export interface DeleteRangeAnswer {
  readonly type: "deleteRange";
  readonly revision: Revision;
  readonly deleted: number;
  /** Empty unless asked for. */
  readonly previous: readonly KeyValue[];
}

export interface TxnAnswer {
  readonly type: "txn";
  /** 0 in the answer of a nested transaction, whose header etcd leaves empty. */
  readonly revision: Revision;
  readonly succeeded: boolean;
  /** One for each request of the branch that was done. */
  readonly responses: readonly Answer[];
}

export type Answer = RangeAnswer | PutAnswer | DeleteRangeAnswer | TxnAnswer;

/** Nothing changed. */
export interface Refused<E extends string = KvError> {
  readonly type: "refused";
  readonly error: E;
}

/** Why a request was refused, named after what etcd says then. */
export type KvError =
  | "keyNotProvided"
  | "keyNotFound"
  | "valueProvided"
  | "leaseProvided"
  | "tooManyOps"
  | "duplicateKey"
  | "leaseNotFound"
  | "compacted"
  | "futureRevision";

export function refused<E extends string>(error: E): Refused<E> {
  return { type: "refused", error };
}

/** Whether a lease is granted and has not ended: what puts have to know of the lease book. */
export type LeaseExists = (lease: LeaseId) => boolean;
