import { invariant, unreachable } from "../../core/invariant.js";
import type { KeyValue } from "./key-value.js";
import { noLease, noValue } from "./key-value.js";
import type { ReadView } from "./range.js";
import { unreadable } from "./range.js";
import type { Compare, DeleteRangeOp, KvError, LeaseExists, PutOp, RangeOp, TxnOp } from "./requests.js";

/** What is left of a transaction once all its comparisons are decided: the branches that will be done, nested as they were. */
export interface Branch {
  readonly type: "branch";
  readonly succeeded: boolean;
  readonly steps: readonly (PutOp | DeleteRangeOp | RangeOp | Branch)[];
}

/** Decides by the state before anything of the transaction is done, also for what is nested in it. */
export function chooseBranch(view: ReadView, { compare, success, failure }: TxnOp): Branch {
  const succeeded = compare.every((each) => holds(view, each));
  const steps = (succeeded ? success : failure).map((op) => {
    invariant(op.type !== "empty", "empty requests are refused before they are proposed");
    return op.type === "txn" ? chooseBranch(view, op) : op;
  });
  return { type: "branch", succeeded, steps };
}

/** Why the branch cannot be done as a whole: the first put that cannot be, else the first range. */
export function refusalOf(view: ReadView, branch: Branch, leaseExists: LeaseExists): KvError | undefined {
  const steps = [...flat(branch)];
  return first(steps, (step) => putRefusal(view, step, leaseExists)) ?? first(steps, (step) => rangeRefusal(view, step));
}

type Step = Exclude<Branch["steps"][number], Branch>;

function* flat(branch: Branch): Generator<Step, void, undefined> {
  for (const step of branch.steps) {
    if (step.type === "branch") yield* flat(step);
    else yield step;
  }
}

function first(steps: readonly Step[], refusal: (step: Step) => KvError | undefined): KvError | undefined {
  for (const step of steps) {
    const error = refusal(step);
    if (error !== undefined) return error;
  }
  return undefined;
}

function putRefusal(view: ReadView, step: Step, leaseExists: LeaseExists): KvError | undefined {
  if (step.type !== "put") return undefined;
  if ((step.ignoreValue || step.ignoreLease) && view.index.get(step.key, view.revision) === undefined) return "keyNotFound";
  return step.lease !== noLease && !leaseExists(step.lease) ? "leaseNotFound" : undefined;
}

/** Below 0 is the present for a range by itself, but was compacted for one in a transaction: so it is in etcd. */
function rangeRefusal(view: ReadView, step: Step): KvError | undefined {
  if (step.type !== "range") return undefined;
  const { revision } = step.query;
  return revision < 0 && revision < view.compactRevision ? "compacted" : unreadable(view, revision);
}

/** Whether all keys of the range compare as asked. No key at all compares as one full of zeros, but its value as nothing does. */
function holds(view: ReadView, compare: Compare): boolean {
  const kvs = view.index.list(compare.key, compare.rangeEnd, view.revision);
  if (kvs.length > 0) return kvs.every((kv) => isSo(compare, order(compare, kv)));
  return compare.target !== "value" && isSo(compare, order(compare, undefined));
}

/** Negative, zero or positive, as what stands there is below, at or above the operand. */
function order(compare: Compare, kv: KeyValue | undefined): number {
  switch (compare.target) {
    case "version":
      return (kv?.version ?? 0) - compare.operand;
    case "create":
      return (kv?.createRevision ?? 0) - compare.operand;
    case "mod":
      return (kv?.modRevision ?? 0) - compare.operand;
    case "lease": {
      const lease = kv?.lease ?? noLease;
      return lease < compare.operand ? -1 : lease > compare.operand ? 1 : 0;
    }
    case "value":
      return Buffer.compare(kv?.value ?? noValue, compare.operand);
    default:
      return unreachable(compare);
  }
}

function isSo({ result }: Compare, compared: number): boolean {
  switch (result) {
    case "equal":
      return compared === 0;
    case "notEqual":
      return compared !== 0;
    case "greater":
      return compared > 0;
    case "less":
      return compared < 0;
    default:
      return unreachable(result);
  }
}
