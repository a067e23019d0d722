import type { Op } from "./mvcc/requests.js";

/** What etcd counts for a version beside its key and value, and for a lease, when it asks itself whether there is room. */
const versionBytes = 256;
const leaseBytes = 64;

/** What a request may add to the state, in bytes: that of a transaction's larger branch. Only what puts adds anything. */
export function costOf(op: Op): number {
  switch (op.type) {
    case "put":
      return versionBytes + op.key.length + op.value.length;
    case "txn":
      return Math.max(sum(op.success), sum(op.failure));
    default:
      return 0;
  }
}

export const costOfLease = leaseBytes;

function sum(ops: readonly Op[]): number {
  return ops.reduce((bytes, op) => bytes + costOf(op), 0);
}
