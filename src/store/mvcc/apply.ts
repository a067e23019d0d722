import { invariant, unreachable } from "../../core/invariant.js";
import { noLease, noValue } from "./key-value.js";
import { range } from "./range.js";
import type {
  Answer,
  DeleteRangeAnswer,
  DeleteRangeOp,
  LeaseExists,
  PutAnswer,
  PutOp,
  Refused,
  TxnAnswer,
  TxnOp,
} from "./requests.js";
import { refused } from "./requests.js";
import type { Transaction } from "./transaction.js";
import type { Branch } from "./txn-branch.js";
import { chooseBranch, refusalOf } from "./txn-branch.js";
import { readsTooMuch } from "./txn-cost.js";

/** Does a put, or says why not; a key that does not exist cannot keep its value. */
export function put(txn: Transaction, op: PutOp, leaseExists: LeaseExists): PutAnswer | Refused {
  // A transaction's puts are checked in the other order: so it is in etcd.
  if (op.lease !== noLease && !leaseExists(op.lease)) return refused("leaseNotFound");
  if ((op.ignoreValue || op.ignoreLease) && txn.get(op.key) === undefined) return refused("keyNotFound");
  return performPut(txn, op);
}

export function deleteRange(txn: Transaction, op: DeleteRangeOp): DeleteRangeAnswer {
  const standing = txn.index.list(op.key, op.rangeEnd, txn.revision);
  for (const version of standing) txn.delete(version);
  return {
    type: "deleteRange",
    revision: txn.revision,
    deleted: standing.length,
    previous: op.prevKv ? standing : [],
  };
}

/**
 * Decides all comparisons of the whole tree by the state before, checks all that could fail in the branches that were chosen, and only
 * then does anything, so that nothing fails half-way.
 */
export function transact(txn: Transaction, op: TxnOp, leaseExists: LeaseExists): TxnAnswer | Refused {
  if (readsTooMuch(txn, op)) return refused("tooManyOps");
  const branch = chooseBranch(txn, op);
  const error = refusalOf(txn, branch, leaseExists);
  if (error !== undefined) return refused(error);
  return { ...performBranch(txn, branch), revision: txn.revision };
}

function performBranch(txn: Transaction, { succeeded, steps }: Branch): TxnAnswer {
  return { type: "txn", revision: 0, succeeded, responses: steps.map((step) => perform(txn, step)) };
}

function perform(txn: Transaction, step: Branch["steps"][number]): Answer {
  switch (step.type) {
    case "put":
      return performPut(txn, step);
    case "deleteRange":
      return deleteRange(txn, step);
    case "range": {
      const answer = range(txn, step.query);
      invariant(answer.type === "range", "a transaction's ranges were found readable before it began");
      return answer;
    }
    case "branch":
      return performBranch(txn, step);
    default:
      return unreachable(step);
  }
}

/**
 * Within a transaction a key that was there to keep its value may be gone: `checkRequest` lets a delete of everything from a key on pass
 * beside a put, as etcd does (which then dies of it, 3.4). Such a put finds nothing to keep.
 */
function performPut(txn: Transaction, op: PutOp): PutAnswer {
  const before = txn.get(op.key);
  const value = op.ignoreValue ? (before?.value ?? noValue) : op.value;
  const lease = op.ignoreLease ? (before?.lease ?? noLease) : op.lease;
  txn.put(op.key, value, lease, before);
  return { type: "put", revision: txn.revision, previous: op.prevKv ? before : undefined };
}
