// Shows that a transaction may go over many keys but not over all of them again and again, however that is wrapped, and that what is refused changes nothing.
import { beforeAll, describe, expect, it } from "vitest";
import { MvccStore } from "../../../src/store/mvcc/mvcc-store.js";
import type { Op, TxnOp } from "../../../src/store/mvcc/requests.js";
import { compare, del, get, put, txn } from "./words.js";

const keys = 5000;
let store: MvccStore;
beforeAll(() => {
  store = new MvccStore(() => false);
  for (let at = 0; at < keys; at++) store.apply(put(`k${at}`));
});

const all = get("\0", "\0", { countOnly: true });
const times = (count: number, op: Op): readonly Op[] => Array.from({ length: count }, () => op);
const nested = (count: number, of: Op): TxnOp => txn([txn(times(count, of)), txn([], times(count, of))]);

describe("a transaction", () => {
  it.each([
    ["of ranges over everything, as often as they may be", txn(times(50, all))],
    ["of as many ranges of few keys", txn(times(128, get("k1", "k11")))],
    ["of as many single keys", txn(times(128, get("k1")))],
  ])("%s is answered", (_, op) => expect(store.apply(op)).toMatchObject({ type: "txn" }));

  it.each([
    ["of one range more", txn([...times(50, all), get("k1", "k11")])],
    ["of as many in the branch that is not taken", txn([], times(51, all))],
    ["of as many that are nested", nested(26, all)],
    [
      "of as many comparisons",
      txn(
        [],
        [],
        Array.from({ length: 51 }, () => compare("\0", "version", "greater", 0, "\0")),
      ),
    ],
    ["of as many deletes, and puts nothing either", txn([put("new"), ...times(51, del("x", "\0")), ...times(51, all)])],
  ])("%s is refused", (_, op) => {
    const { revision } = store;
    expect(store.apply(op)).toEqual({ type: "refused", error: "tooManyOps" });
    expect(store.revision).toBe(revision);
  });
});
