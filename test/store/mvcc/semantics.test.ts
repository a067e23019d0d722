// Shows what the store answers where one could expect otherwise; each case is what etcd 3.4.23 answered when it was asked.
import { describe, expect, it } from "vitest";
import { checkRequest } from "../../../src/store/mvcc/check-request.js";
import { MvccStore } from "../../../src/store/mvcc/mvcc-store.js";
import type { Answer, Compare, DeleteRangeOp, Op, PutOp, RangeOp, Refused, TxnOp } from "../../../src/store/mvcc/requests.js";
import { compare, del, get, put, query, txn } from "./words.js";

type Command = PutOp | DeleteRangeOp | TxnOp;

function storeOf(...commands: Command[]): MvccStore {
  const store = new MvccStore((lease) => lease === 55n);
  for (const command of commands) ask(store, command);
  return store;
}

/** As a request comes in: what is wrong in itself never gets to the store. */
function ask(store: MvccStore, op: Command): Answer | Refused {
  const error = checkRequest(op);
  return error === undefined ? store.apply(op) : { type: "refused", error };
}

/** Asks a store in which k has been put, as revision 2. */
function check(op: Command, expected: object): void {
  expect(ask(storeOf(put("k", "1")), op)).toMatchObject(expected);
}

const refusal = (error: Refused["error"]): object => ({ type: "refused", error });

describe("a range", () => {
  it.each<[string, RangeOp, object]>([
    ["below revision 0 reads the present", get("k", "", { revision: -5 }), { count: 1 }],
    ["of the future is refused", get("k", "", { revision: 9 }), refusal("futureRevision")],
    ["counts what its limit cut off", get("\0", "\0", { limit: 1 }), { count: 3, more: true, kvs: [{ key: "a" }] }],
    ["takes a limit below 0 for none", get("\0", "\0", { limit: -1 }), { count: 3, more: false, kvs: { length: 3 } }],
    [
      "that only counts knows no limit and has no more",
      get("\0", "\0", { limit: 1, countOnly: true }),
      { count: 3, more: false, kvs: [] },
    ],
    [
      "counts what its bounds took away",
      get("\0", "\0", { minMod: 4, limit: 1 }),
      { count: 3, more: false, kvs: [{ key: "k" }] },
    ],
    ["takes a bound below 0 as one", get("\0", "\0", { maxMod: -1 }), { count: 3, kvs: [] }],
    [
      "that sorts by no order sorts upwards, but for keys",
      get("\0", "\0", { sort: { by: "mod", order: "none" } }),
      { kvs: [{ key: "b" }, { key: "a" }, { key: "k" }] },
    ],
    [
      "without values still sorts by them",
      get("\0", "\0", { keysOnly: true, sort: { by: "value", order: "descend" } }),
      { kvs: [{ key: "a", value: { length: 0 } }, { key: "k" }, { key: "b" }] },
    ],
    ["is empty where its end does not ascend", get("b", "a"), { count: 0, kvs: [], revision: 4 }],
  ])("%s", (_, { query: asked }, expected) => {
    expect(storeOf(put("b", "1"), put("a", "3"), put("k", "2")).range(asked)).toMatchObject(expected);
  });
});

it("a range that sorts by no order and has a limit looks at one pair more than that, unless it has bounds", () => {
  const store = storeOf(put("a", "3"), put("b", "2"), put("c", "1"));
  const byValue = { limit: 1, sort: { by: "value", order: "none" } } as const;
  expect(store.range(query("\0", "\0", byValue))).toMatchObject({ more: true, count: 3, kvs: [{ key: "b" }] });
  expect(store.range(query("\0", "\0", { ...byValue, minMod: 1 }))).toMatchObject({ more: true, count: 3, kvs: [{ key: "c" }] });
});

describe("a put", () => {
  it.each<[string, PutOp, object]>([
    ["needs its lease", put("k", "1", { lease: 77n }), refusal("leaseNotFound")],
    ["takes any lease it is granted, and no negative one", put("k", "1", { lease: -3n }), refusal("leaseNotFound")],
    ["needs the key whose value it keeps", put("z", "", { ignoreValue: true }), refusal("keyNotFound")],
    ["misses its lease before its key", put("z", "", { ignoreValue: true, lease: 77n }), refusal("leaseNotFound")],
    ["cannot keep a value and bring one", put("k", "2", { ignoreValue: true }), refusal("valueProvided")],
    ["cannot keep a lease and bring one", put("k", "2", { ignoreLease: true, lease: 55n }), refusal("leaseProvided")],
    ["needs a key", put("", "2"), refusal("keyNotProvided")],
  ])("%s", (_, op, expected) => check(op, expected));

  it("keeps the lease it is told to, and loses it by not saying so", () => {
    const store = storeOf(put("k", "1", { lease: 55n }), put("k", "2", { ignoreLease: true }));
    expect(store.range(query("k"))).toMatchObject({ kvs: [{ lease: 55n, version: 2 }] });
    ask(store, put("k", "", { ignoreValue: true }));
    expect(store.range(query("k"))).toMatchObject({ kvs: [{ lease: 0n, version: 3, value: Buffer.from("2") }] });
    expect(store.keysOf(55n)).toEqual([]);
  });
});

it("a lease that ends deletes its keys in order, as one revision", () => {
  const store = storeOf(put("L2", "1", { lease: 55n }), put("L1", "1", { lease: 55n }));
  expect(store.endLease(55n)).toBe(4);
  expect([...store.changesFrom(4)]).toMatchObject([
    { key: "L1", deleted: true, modRevision: 4, sub: 0 },
    { key: "L2", deleted: true, modRevision: 4, sub: 1 },
  ]);
});

describe("a comparison", () => {
  it.each<[string, Compare, boolean]>([
    ["with the value of a missing key fails, whatever is asked", compare("no", "value", "notEqual", Buffer.from("x")), false],
    ["with the values of an empty range fails", compare("x", "value", "equal", new Uint8Array(), "y"), false],
    ["takes a missing key's version for 0", compare("no", "version", "less", 1), true],
    ["takes a missing key's lease for none", compare("no", "lease", "equal", 0n), true],
    ["must hold for all keys of a range", compare("\0", "mod", "equal", 2, "\0"), true],
  ])("%s", (_, condition, succeeded) => check(txn([], [], [condition]), { type: "txn", succeeded, revision: 2 }));

  it("in a nested transaction sees the state before all of it", () => {
    const isNine = compare("k", "value", "equal", Buffer.from("9"));
    check(txn([put("k", "9"), txn([put("then")], [put("else")], [isNine])]), {
      succeeded: true,
      responses: [{ revision: 3 }, { succeeded: false, revision: 0, responses: [{ revision: 3 }] }],
    });
  });
});

describe("a transaction", () => {
  it.each<[string, TxnOp, object]>([
    ["of nothing succeeds", txn([]), { succeeded: true, revision: 2, responses: [] }],
    [
      "that deletes nothing uses up no revision",
      txn([del("x"), del("x")]),
      { revision: 2, responses: [{ revision: 2, deleted: 0 }, {}] },
    ],
    [
      "tells of the revision before until it writes",
      txn([del("x"), put("b")]),
      { revision: 3, responses: [{ revision: 2 }, { revision: 3 }] },
    ],
    [
      "reads what it wrote, and the past by its number",
      txn([put("k", "2"), get("k", "", { revision: 2 }), get("k")]),
      { responses: [{}, { revision: 3, kvs: [{ modRevision: 2 }] }, { kvs: [{ modRevision: 3, version: 2 }] }] },
    ],
    [
      "cannot read the revision it makes by its number",
      txn([put("k"), get("k", "", { revision: 3 })]),
      refusal("futureRevision"),
    ],
    [
      "deletes what it has put, and says so",
      txn([txn([put("n", "1", { prevKv: true })]), txn([del("n", "", { prevKv: true })])]),
      {
        revision: 3,
        responses: [
          { responses: [{ previous: undefined }] },
          { responses: [{ deleted: 1, previous: [{ createRevision: 3, modRevision: 3, version: 1 }] }] },
        ],
      },
    ],
    [
      "finds a key gone that it deleted",
      txn([del("k", "", { prevKv: true }), del("\0", "\0", { prevKv: true })]),
      { responses: [{ deleted: 1 }, { deleted: 0, previous: [] }] },
    ],
    ["misses a key before a lease", txn([put("z", "", { ignoreValue: true, lease: 77n })]), refusal("keyNotFound")],
    [
      "looks at all puts before any range",
      txn([txn([get("k", "", { revision: 99 })]), put("z", "x", { lease: 77n })]),
      refusal("leaseNotFound"),
    ],
    [
      "does not look at the branch that is not done",
      txn([put("z", "", { ignoreValue: true })], [get("k")], [compare("k", "version", "equal", 0)]),
      { succeeded: false, responses: [{ count: 1 }] },
    ],
  ])("%s", (_, op, expected) => check(op, expected));

  it("makes a key anew that it deletes and puts", () => {
    const store = storeOf(put("q", "0"), txn([del("a", "\0"), put("q", "1")]));
    expect(store.range(query("q"))).toMatchObject({ kvs: [{ createRevision: 3, modRevision: 3, version: 1 }] });
    expect([...store.changesFrom(3)]).toMatchObject([
      { deleted: true, sub: 0 },
      { deleted: false, sub: 1 },
    ]);
  });

  // etcd itself cannot be asked: it panics, and again at each start.
  it("finds nothing to keep where it deleted the key before", () => {
    const store = storeOf(put("q", "0"), txn([del("a", "\0"), put("q", "", { ignoreValue: true, ignoreLease: true })]));
    expect(store.range(query("q"))).toMatchObject({ kvs: [{ value: { length: 0 }, lease: 0n, version: 1 }] });
  });
});

describe("compaction", () => {
  it.each<[string, number[], object]>([
    ["to 0 is done, once", [0, 0], refusal("compacted")],
    ["below 0 never is", [-1], refusal("compacted")],
    ["to the same revision again is refused", [3, 3], refusal("compacted")],
    ["of the future is refused", [6], refusal("futureRevision")],
    ["to the present is done", [5], { type: "done", revision: 5 }],
  ])("%s", (_, revisions, expected) => {
    const store = storeOf(put("k", "1"), put("k", "2"), del("k"), put("j"));
    expect(revisions.map((revision) => store.compact(revision)).at(-1)).toMatchObject(expected);
  });

  const compacted = (): MvccStore => {
    const store = storeOf(put("k", "1"), put("k", "2"), del("k"), put("j"));
    store.compact(4);
    while (store.compactSlice(() => true));
    return store;
  };

  it.each<[string, RangeOp, object, object]>([
    ["its revision can be read", get("\0", "\0", { revision: 4 }), { count: 0 }, { responses: [{ count: 0 }] }],
    ["the one before cannot", get("\0", "\0", { revision: 3 }), refusal("compacted"), refusal("compacted")],
    ["below 0 is the present, but not within a transaction", get("j", "", { revision: -1 }), { count: 1 }, refusal("compacted")],
  ])("%s", (_, op, alone, within) => {
    expect(compacted().range(op.query)).toMatchObject(alone);
    expect(compacted().readOnlyTxn(txn([op]))).toMatchObject(within);
  });

  // Here etcd 3.4 has lost the delete, once its compaction is through.
  it("leaves the events of its own revision", () => {
    expect([...compacted().changesFrom(4)]).toMatchObject([
      { key: "k", deleted: true, modRevision: 4 },
      { key: "j", modRevision: 5 },
    ]);
  });

  it.each<[string, number, object]>([
    ["its revision cannot be hashed", 4, refusal("compacted")],
    ["nor can the future", 6, refusal("futureRevision")],
  ])("%s", (_, revision, expected) => expect(compacted().hash(revision)).toMatchObject(expected));
});

it("a transaction is read-only if it has ranges alone: it then leaves the log alone", () => {
  const store = storeOf(put("k"));
  const op: Op = txn([get("k"), get("k", "\0")]);
  expect(store.readOnlyTxn(op)).toMatchObject({ revision: 2, responses: [{ count: 1 }, { count: 1 }] });
  expect(() => store.readOnlyTxn(txn([], [txn([get("k")])]))).toThrow(/through the log/);
});
