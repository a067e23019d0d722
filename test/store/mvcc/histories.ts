import fc from "fast-check";
import { checkRequest } from "../../../src/store/mvcc/check-request.js";
import type { Compare, DeleteRangeOp, Op, PutOp, RangeQuery, TxnOp } from "../../../src/store/mvcc/requests.js";

// Few keys, values and leases, so that requests meet; bytes above 0x7f, and a key that begins another.
const keys = ["\0", "a", "ab", "b", "c", "\x80"];
export const leases: ReadonlySet<bigint> = new Set([1n, 2n]);

const someKey = fc.constantFrom(...keys);
const someEnd = fc.oneof({ weight: 3, arbitrary: fc.constant("") }, fc.constant("\0"), someKey);
const someValue = fc.constantFrom("", "x", "y", "\xff").map((value) => new Uint8Array(Buffer.from(value, "latin1")));
// 3 is not granted.
const someLease = fc.oneof({ weight: 6, arbitrary: fc.constant(0n) }, fc.constantFrom(1n, 2n, 3n));
const rarely = fc.oneof({ weight: 6, arbitrary: fc.constant(false) }, fc.constant(true));
const someRevision = fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, fc.integer({ min: -2, max: 25 }));
const someBound = fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, fc.integer({ min: -1, max: 25 }));

export const someQuery: fc.Arbitrary<RangeQuery> = fc.record({
  key: someKey,
  rangeEnd: fc.oneof(fc.constant("\0"), someEnd),
  limit: fc.integer({ min: -1, max: 5 }),
  revision: someRevision,
  sort: fc.record({
    by: fc.constantFrom("key", "version", "create", "mod", "value"),
    order: fc.constantFrom("none", "ascend", "descend"),
  }),
  countOnly: rarely,
  keysOnly: rarely,
  minMod: someBound,
  maxMod: someBound,
  minCreate: someBound,
  maxCreate: someBound,
});

const somePut: fc.Arbitrary<PutOp> = fc
  .record({
    type: fc.constant("put" as const),
    key: someKey,
    value: someValue,
    lease: someLease,
    prevKv: fc.boolean(),
    ignoreValue: rarely,
    ignoreLease: rarely,
  })
  .map((op) => ({ ...op, value: op.ignoreValue ? new Uint8Array() : op.value, lease: op.ignoreLease ? 0n : op.lease }));

const someDelete: fc.Arbitrary<DeleteRangeOp> = fc.record({
  type: fc.constant("deleteRange" as const),
  key: someKey,
  rangeEnd: someEnd,
  prevKv: fc.boolean(),
});

const someOperand = fc.oneof(
  fc.record({ target: fc.constantFrom("version", "create", "mod"), operand: fc.integer({ min: 0, max: 12 }) }),
  fc.record({ target: fc.constant("lease"), operand: someLease }),
  fc.record({ target: fc.constant("value"), operand: someValue }),
);

const someCompare: fc.Arbitrary<Compare> = fc
  .tuple(
    someOperand,
    fc.record({ key: someKey, rangeEnd: someEnd, result: fc.constantFrom("equal", "greater", "less", "notEqual") }),
  )
  .map(([operand, rest]) => ({ ...operand, ...rest }));

const { txn } = fc.letrec<{ op: Op; txn: TxnOp }>((tie) => ({
  op: fc.oneof(
    { maxDepth: 2, withCrossShrink: true },
    { weight: 4, arbitrary: somePut },
    { weight: 2, arbitrary: someDelete },
    {
      weight: 2,
      arbitrary: fc.record({ type: fc.constant("range" as const), query: someQuery, serializable: fc.constant(false) }),
    },
    { weight: 2, arbitrary: tie("txn") },
  ),
  txn: fc.record({
    type: fc.constant("txn" as const),
    compare: fc.array(someCompare, { maxLength: 2 }),
    success: fc.array(tie("op"), { maxLength: 4 }),
    failure: fc.array(tie("op"), { maxLength: 4 }),
  }),
}));

/** Also such as no client gets past the door. */
export const someTxn: fc.Arbitrary<TxnOp> = txn;

const someCommand: fc.Arbitrary<PutOp | DeleteRangeOp | TxnOp> = fc.oneof(
  { weight: 4, arbitrary: somePut },
  { weight: 1, arbitrary: someDelete },
  { weight: 3, arbitrary: txn.filter((op) => checkRequest(op) === undefined) },
);

/** What happens to a store besides being asked. */
export type Step =
  | { readonly type: "command"; readonly op: PutOp | DeleteRangeOp | TxnOp }
  /** To so many revisions ago; below 0: into the future. */
  | { readonly type: "compact"; readonly back: number }
  | { readonly type: "endLease"; readonly lease: bigint };

export const someStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ type: fc.constant("command" as const), op: someCommand }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("compact" as const), back: fc.integer({ min: -1, max: 8 }) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("endLease" as const), lease: fc.constantFrom(1n, 2n) }) },
);
