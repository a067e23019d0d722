import { unreachable } from "../../core/invariant.js";
import type { Key } from "./key-value.js";
import { KeyIntervals } from "./key-intervals.js";
import type { KvError, Op, PutOp, TxnOp } from "./requests.js";

/** Why a request is wrong whatever the store holds, or undefined. To be asked before anything is proposed. */
export function checkRequest(op: Op): KvError | undefined {
  return checkShape(op, txnOpsMax) ?? (op.type === "txn" ? checkOverlaps(op) : undefined);
}

/** Comparisons, and requests of either branch, that a transaction may have. What it uses of them is not there for what is nested in it. */
const txnOpsMax = 128;

function checkShape(op: Op, opsMax: number): KvError | undefined {
  switch (op.type) {
    case "put":
      return checkPut(op);
    case "deleteRange":
      return op.key === "" ? "keyNotProvided" : undefined;
    case "range":
      return op.query.key === "" ? "keyNotProvided" : undefined;
    case "txn":
      return checkTxn(op, opsMax);
    case "empty":
      return "keyNotFound";
    default:
      return unreachable(op);
  }
}

function checkPut({ key, ignoreValue, value, ignoreLease, lease }: PutOp): KvError | undefined {
  if (key === "") return "keyNotProvided";
  if (ignoreValue && value.length > 0) return "valueProvided";
  return ignoreLease && lease !== 0n ? "leaseProvided" : undefined;
}

function checkTxn({ compare, success, failure }: TxnOp, opsMax: number): KvError | undefined {
  const ops = Math.max(compare.length, success.length, failure.length);
  if (ops > opsMax) return "tooManyOps";
  if (compare.some(({ key }) => key === "")) return "keyNotProvided";
  for (const op of [...success, ...failure]) {
    const error = checkShape(op, opsMax - ops);
    if (error !== undefined) return error;
  }
  return undefined;
}

function checkOverlaps({ success, failure }: TxnOp): KvError | undefined {
  return isOverlap(writesOf(success)) || isOverlap(writesOf(failure)) ? "duplicateKey" : undefined;
}

interface Writes {
  readonly puts: Set<Key>;
  readonly deletes: KeyIntervals;
}

type Overlap = "overlap";

function isOverlap(writes: Writes | Overlap): writes is Overlap {
  return writes === "overlap";
}

/**
 * What the requests of a branch may write, or that they may write a key twice, which is refused: two puts of it, or a put and a delete.
 * Only one branch of a nested transaction will be done, so its two may share keys.
 *
 * etcd's rule has two holes, which clients may rely on and which we keep. A delete of everything from a key on (range end "\0") is taken
 * literally, as an interval that does not ascend, and overlaps with nothing. And a put in one nested transaction is not held against a
 * delete in a later one beside it.
 */
function writesOf(ops: readonly Op[]): Writes | Overlap {
  const puts = new Set<Key>();
  const deletes = new KeyIntervals();
  for (const op of ops) {
    if (op.type === "deleteRange") deletes.add(op.key, op.rangeEnd === "" ? `${op.key}\0` : op.rangeEnd);
  }
  for (const op of ops) {
    if (op.type !== "txn") continue;
    const success = writesOf(op.success);
    const failure = writesOf(op.failure);
    if (isOverlap(success) || isOverlap(failure)) return "overlap";
    const either = new Set([...success.puts, ...failure.puts]);
    for (const key of either) {
      if (puts.has(key) || deletes.has(key)) return "overlap";
      puts.add(key);
    }
    deletes.addAll(success.deletes);
    deletes.addAll(failure.deletes);
  }
  for (const op of ops) {
    if (op.type !== "put") continue;
    if (puts.has(op.key) || deletes.has(op.key)) return "overlap";
    puts.add(op.key);
  }
  return { puts, deletes };
}
