import { unreachable } from "../../core/invariant.js";
import type { Key, LeaseId } from "../mvcc/key-value.js";
import type { Op } from "../mvcc/requests.js";
import type { Need } from "./permissions.js";

/** The keys that hang on a lease and end with it. */
export type KeysOfLease = (lease: LeaseId) => readonly Key[];

/**
 * The permissions that a request needs, of a transaction those of all its comparisons and of both branches. Whoever puts a key on a lease has to
 * be allowed to write what hangs on it already, since he decides with it when that ends.
 *
 * etcd 3.4 overlooks what is inside a transaction within a transaction, and of puts in transactions the lease and the value before. That
 * lets anybody write any key, so it is not done here.
 */
export function needsOf(op: Op, keysOfLease: KeysOfLease): readonly Need[] {
  switch (op.type) {
    case "range":
      return [{ what: "read", key: op.query.key, rangeEnd: op.query.rangeEnd }];
    case "put": {
      const { key, prevKv, lease } = op;
      const needs: Need[] = [{ what: "write", key, rangeEnd: "" }, ...needsOfLease(lease, keysOfLease)];
      return prevKv ? [...needs, { what: "read", key, rangeEnd: "" }] : needs;
    }
    case "deleteRange": {
      const { key, rangeEnd, prevKv } = op;
      const needs: Need[] = [{ what: "write", key, rangeEnd }];
      return prevKv ? [...needs, { what: "read", key, rangeEnd }] : needs;
    }
    case "txn": {
      const compared = op.compare.map(({ key, rangeEnd }): Need => ({ what: "read", key, rangeEnd }));
      return [...compared, ...[...op.success, ...op.failure].flatMap((each) => needsOf(each, keysOfLease))];
    }
    case "empty":
      return [];
    default:
      return unreachable(op);
  }
}

/** The permissions that ending a lease needs. */
export function needsOfLease(lease: LeaseId, keysOfLease: KeysOfLease): readonly Need[] {
  return keysOfLease(lease).map((key) => ({ what: "write", key, rangeEnd: "" }));
}
