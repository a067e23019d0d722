// Shows which requests are refused whatever the store holds, as etcd 3.4.23 does, and that the rule on keys that a transaction writes twice is the one of a plain comparison of all pairs of writes.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkRequest } from "../../../src/store/mvcc/check-request.js";
import type { KvError, Op, TxnOp } from "../../../src/store/mvcc/requests.js";
import { someTxn } from "./histories.js";
import { compare, del, get, put, txn } from "./words.js";

const gets = (count: number): Op[] => Array.from({ length: count }, (_, i) => get(`k${i}`));
const empty: Op = { type: "empty" };

describe("a request", () => {
  it.each<[string, Op, KvError | undefined]>([
    ["without a key: a range", get(""), "keyNotProvided"],
    ["without a key: a delete", del(""), "keyNotProvided"],
    ["without a key: a comparison", txn([], [], [compare("", "version", "equal", 0)]), "keyNotProvided"],
    ["of 128 operations", txn(gets(128)), undefined],
    ["of 129 operations", txn(gets(129)), "tooManyOps"],
    ["of 129 operations in the other branch", txn([], gets(129)), "tooManyOps"],
    [
      "of 129 comparisons",
      txn(
        [],
        [],
        Array.from({ length: 129 }, () => compare("a", "version", "equal", 0)),
      ),
      "tooManyOps",
    ],
    ["of 64, one of them a transaction of 64", txn([...gets(63), txn(gets(64))]), undefined],
    ["of 64, one of them a transaction of 65", txn([...gets(63), txn(gets(65))]), "tooManyOps"],
    ["of 128, one of them an empty transaction", txn([...gets(127), txn([])]), undefined],
    ["of 128, one of them a transaction of one", txn([...gets(127), txn(gets(1))]), "tooManyOps"],
    ["that is empty", txn([empty]), "keyNotFound"],
    ["with several errors tells the first", txn([put(""), empty]), "keyNotProvided"],
    ["with several errors tells the first, the other way", txn([empty, put("")]), "keyNotFound"],
    ["with an error in shape and a key twice tells of the shape", txn([put("a"), put("a"), put("")]), "keyNotProvided"],
  ])("%s", (_, op, expected) => expect(checkRequest(op)).toBe(expected));
});

describe("writes in one transaction", () => {
  const twice = "duplicateKey";
  it.each<[string, TxnOp, KvError | undefined]>([
    ["two puts", txn([put("x"), put("x")]), twice],
    ["a delete, then a put", txn([del("x"), put("x")]), twice],
    ["a put, then a delete", txn([put("x"), del("x")]), twice],
    ["two deletes", txn([del("x"), del("x")]), undefined],
    ["a put within a deleted range", txn([del("a", "c"), put("b")]), twice],
    ["a put at the start of a deleted range", txn([del("b", "c"), put("b")]), twice],
    ["a put at the end of a deleted range", txn([del("a", "b"), put("b")]), undefined],
    ["a range that does not ascend", txn([del("c", "a"), put("b")]), undefined],
    ["a delete from a key on is not held against puts", txn([del("a", "\0"), put("b")]), undefined],
    ["nor is one of everything", txn([del("\0", "\0"), put("b")]), undefined],
    ["an outer and a nested put", txn([put("n"), txn([put("n")])]), twice],
    ["a nested put and an outer delete", txn([txn([put("n")]), del("n")]), twice],
    ["a nested delete and an outer put", txn([txn([del("n")]), put("n")]), twice],
    ["a nested delete, then a nested put beside it", txn([txn([del("n")]), txn([put("n")])]), twice],
    ["a nested put, then a nested delete beside it", txn([txn([put("n")]), txn([del("n")])]), undefined],
    ["both branches of a nested one", txn([txn([put("n")], [put("n")])]), undefined],
    ["both branches, a put and a delete", txn([txn([put("n")], [del("n")])]), undefined],
    ["puts in two nested ones, in branches that exclude nothing", txn([txn([put("n")]), txn([], [put("n")])]), twice],
    ["both branches beside an earlier put", txn([txn([put("n")]), txn([put("n")], [put("n")])]), twice],
    ["in the branch that may not be done", txn([], [put("x"), put("x")]), twice],
    ["in both branches of the whole", txn([put("x")], [put("x")]), undefined],
  ])("%s", (_, op, expected) => expect(checkRequest(op)).toBe(expected));

  it("are held against each other as if each pair was looked at", { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(someTxn, (op) => {
        expect(checkRequest(op)).toBe(isDoubled(op) ? "duplicateKey" : undefined);
      }),
      { numRuns: 2000 },
    );
  });
});

interface Write {
  readonly op: Op;
  /** From the outside in: which request of which branch. */
  readonly path: readonly { readonly step: number; readonly branch: "success" | "failure" }[];
}

function writesOf(op: TxnOp, above: Write["path"] = []): Write[] {
  return (["success", "failure"] as const).flatMap((branch) =>
    op[branch].flatMap((each, step) => {
      const path = [...above, { step, branch }];
      return each.type === "txn" ? writesOf(each, path) : [{ op: each, path }];
    }),
  );
}

function isDoubled(op: TxnOp): boolean {
  const writes = writesOf(op);
  return writes.some((a, i) => writes.some((b, j) => i !== j && clash(a, b)));
}

function clash(a: Write, b: Write): boolean {
  if (a.op.type !== "put") return false;
  // Where their ways part: in the two branches of one transaction, or at two requests of one branch.
  const fork = a.path.findIndex(({ step, branch }, depth) => b.path[depth]?.step !== step || b.path[depth]?.branch !== branch);
  const [atA, atB] = [a.path[fork], b.path[fork]];
  if (atA === undefined || atB === undefined || atA.branch !== atB.branch) return false;
  if (b.op.type === "put") return a.op.key === b.op.key;
  if (b.op.type !== "deleteRange") return false;
  const [from, end] = [b.op.key, b.op.rangeEnd];
  const isWithin = end === "" ? a.op.key === from : a.op.key >= from && a.op.key < end;
  const isNested = a.path.length > fork + 1 && b.path.length > fork + 1;
  return isWithin && (!isNested || atB.step < atA.step);
}
