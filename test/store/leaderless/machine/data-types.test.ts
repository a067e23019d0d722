// Shows what a cluster does with data types: counters sum and sets add wherever they were changed, removals keep to what their client saw, and bad requests are refused in Riak's words.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Answer, DataTypeName, DataTypeRead, Failure, ObjectName, Request } from "../../../../src/store/leaderless/api.js";
import type { DataTypeOp, DataTypeValue } from "../../../../src/store/leaderless/crdt/operations.js";
import type { BucketType } from "../../../../src/store/leaderless/gossip/cluster-state.js";
import { Box, nameOf } from "./box.js";

const five = ["n1", "n2", "n3", "n4", "n5"];
const datatypes: readonly DataTypeName[] = ["counter", "set", "map", "hll", "gset"];
const plain = { version: 1, by: "n1", isActive: true, seen: [] } as const;
const types: Readonly<Record<string, BucketType>> = {
  ...Object.fromEntries(datatypes.map((datatype) => [`${datatype}s`, { ...plain, props: { datatype } }])),
  plain: { ...plain, props: {} },
};

function boxOf(): Box {
  return new Box(five, {}, types);
}

function inType(type: string, key = "k"): ObjectName {
  return { type, bucket: "b", key };
}

function update(
  box: Box,
  member: string,
  name: ObjectName,
  op: DataTypeOp,
  context?: Uint8Array,
): DataTypeRead | Failure["reason"] {
  const asked = { type: "updateDataType", name, op, context, options: {}, returnBody: true } as const;
  return outcomeOf(box.answer(box.ask(member, asked)));
}

function outcomeOf(answer: Answer<Request["type"]> | undefined): DataTypeRead | Failure["reason"] {
  if (answer === undefined) throw new Error("no answer");
  return answer.ok ? (answer.value as DataTypeRead) : answer.failure.reason;
}

function fetch(box: Box, member: string, name: ObjectName): DataTypeRead | undefined {
  const answer = box.answer(box.ask(member, { type: "fetchDataType", name, options: {} }));
  if (answer?.ok !== true) throw new Error(`not fetched: ${JSON.stringify(answer)}`);
  return (answer.value as { readonly found: DataTypeRead | undefined }).found;
}

function valueOf(box: Box, member: string, name: ObjectName): DataTypeValue | undefined {
  return fetch(box, member, name)?.value;
}

const increment = (by: number): DataTypeOp => ({ kind: "counter", increment: BigInt(by) });
const add = (...adds: string[]): DataTypeOp => ({ kind: "set", adds, removes: [] });
const remove = (...removes: string[]): DataTypeOp => ({ kind: "set", adds: [], removes });

describe("one value wherever it is asked for", () => {
  const cases: readonly (readonly [string, DataTypeOp, DataTypeValue])[] = [
    ["counters", increment(-3), { kind: "counter", value: -3n }],
    ["sets", add("x", "y"), { kind: "set", elements: ["x", "y"] }],
    ["gsets", { kind: "gset", adds: ["x"] }, { kind: "gset", elements: ["x"] }],
    ["hlls", { kind: "hll", adds: ["x", "y"] }, { kind: "hll", cardinality: 2 }],
    [
      "maps",
      { kind: "map", removes: [], updates: [{ name: "f", op: { kind: "register", value: "v" } }] },
      { kind: "map", entries: [{ name: "f", value: { kind: "register", value: "v" } }] },
    ],
    ["default", increment(7), { kind: "counter", value: 7n }],
  ];

  test.each(cases)("%s", (type, op, value) => {
    const box = boxOf();
    expect(fetch(box, "n1", inType(type))).toBeUndefined();
    expect(update(box, "n1", inType(type), op)).toMatchObject({ value });
    for (const member of five) expect(valueOf(box, member, inType(type))).toEqual(value);
    expect(new Set(Object.values(box.copies("k"))).size).toBe(1);
  });
});

test("both sides of a cut count and add, and all of it is there when it is healed", () => {
  const box = boxOf();
  const left = ["n1", "n2"];
  update(box, "n1", inType("sets"), add("both"));
  box.hears = (from, to) => left.includes(from) === left.includes(to);
  box.pass(15_000);
  const seen = fetch(box, "n4", inType("sets"))?.context;
  for (const [member, by] of [
    ["n1", 1],
    ["n4", 10],
    ["n2", 100],
    ["n5", 1000],
  ] as const) {
    update(box, member, inType("counters"), increment(by));
    update(box, member, nameOf("k"), increment(by));
    update(box, member, inType("sets"), add(`of ${member}`));
  }
  update(box, "n1", inType("sets"), add("both"));
  update(box, "n4", inType("sets"), remove("both"), seen);
  box.hears = () => true;
  box.pass(40_000);
  for (const member of five) {
    expect(valueOf(box, member, inType("counters"))).toEqual({ kind: "counter", value: 1111n });
    expect(valueOf(box, member, nameOf("k"))).toEqual({ kind: "counter", value: 1111n });
    const elements = ["both", "of n1", "of n2", "of n4", "of n5"];
    expect(valueOf(box, member, inType("sets"))).toEqual({ kind: "set", elements });
  }
}, 60_000);

test("counters are the sum of what was asked for, whoever was asked and cut off meanwhile", () => {
  const step = fc.record({
    member: fc.constantFrom(...five),
    by: fc.integer({ min: -9, max: 9 }),
    away: fc.constantFrom("", ...five),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 6 }), (steps) => {
      const box = boxOf();
      let sum = 0;
      for (const { member, by, away } of steps) {
        box.hears = (from, to) => from === to || (from !== away && to !== away);
        box.pass(15_000);
        if (away === member) continue;
        sum += by;
        expect(update(box, member, inType("counters"), increment(by))).toHaveProperty("value");
        box.hears = () => true;
        box.pass(15_000);
      }
      box.hears = () => true;
      box.pass(30_000);
      const found = valueOf(box, "n3", inType("counters")) ?? { kind: "counter", value: 0n };
      expect(found).toEqual({ kind: "counter", value: BigInt(sum) });
    }),
    { numRuns: 10 },
  );
}, 60_000);

test("after a deletion a counter begins anew", () => {
  const box = boxOf();
  const name = inType("counters");
  update(box, "n1", name, increment(5));
  box.ask("n2", { type: "delete", name, context: undefined, read: {}, write: {} });
  expect(fetch(box, "n3", name)).toBeUndefined();
  update(box, "n4", name, increment(2));
  expect(valueOf(box, "n5", name)).toEqual({ kind: "counter", value: 2n });
});

test("a counter of the default type lives beside what clients put there", () => {
  const box = boxOf();
  box.put("n1", "k", "of a client");
  update(box, "n2", nameOf("k"), increment(4));
  update(box, "n3", nameOf("k"), increment(1));
  expect(valueOf(box, "n4", nameOf("k"))).toEqual({ kind: "counter", value: 5n });
  const values = box.values("n5", "k");
  expect(values).toHaveLength(2);
  expect(values).toContain("of a client");
  box.put("n1", "k", "instead of both", { context: box.contextOf("n1", "k") });
  expect(fetch(box, "n2", nameOf("k"))).toBeUndefined();
  expect(box.values("n3", "k")).toEqual(["instead of both"]);
});

test("bytes that only say they are a counter stay what they are", () => {
  const box = boxOf();
  const content = { value: Buffer.from([69, 1, 1, 255, 255]), contentType: "application/riak_counter" };
  const rest = { charset: undefined, contentEncoding: undefined, userMeta: [], indexes: [], links: [] };
  box.put("n1", "k", "", { content: { ...content, ...rest } });
  update(box, "n2", nameOf("k"), increment(3));
  expect(valueOf(box, "n3", nameOf("k"))).toEqual({ kind: "counter", value: 3n });
  expect(box.values("n3", "k")).toHaveLength(2);
});

describe("refused", () => {
  test.each([
    ["an operation of another type", "sets", increment(1), "Operation type is `counter` but  bucket type is `set`."],
    ["of a type that has none", "plain", increment(1), "Bucket datatype `undefined` is not a supported type"],
    ["no counter, without a type", "default", add("x"), "non-counter operation on default bucket"],
    ["a removal of what is not there", "sets", remove("x"), '{precondition,{not_present,<<"x">>}}'],
  ])("%s", (_name, type, op, why) => {
    const box = boxOf();
    for (const member of five) expect(update(box, member, inType(type), op)).toEqual({ type: "dataType", why });
    expect(box.copies("k")).toEqual({});
  });

  test("a type that there is not, and a context that is none", () => {
    const box = boxOf();
    expect(update(box, "n1", inType("nothing"), add("x"))).toEqual({ type: "noSuchType", bucketType: "nothing" });
    const bad = Buffer.from([255, 255, 255]);
    expect(update(box, "n1", inType("sets"), remove("x"), bad)).toMatchObject({ type: "dataType" });
  });

  test("counters where the newest wins", () => {
    const why = "Counters require bucket property 'allow_mult=true'";
    const lww = new Box(five, { defaults: { n: 3, r: "quorum", w: "quorum", conflict: "lww", clock: "dvv" } });
    expect(update(lww, "n1", nameOf("k"), increment(1))).toEqual({ type: "dataType", why });
    const wall = new Box(five, { defaults: { n: 3, r: "quorum", w: "quorum", conflict: "siblings", clock: "wall" } });
    expect(update(wall, "n1", nameOf("k"), increment(1))).toMatchObject({ type: "dataType" });
  });

  test("a plain put into a bucket of a data type", () => {
    const box = boxOf();
    for (const member of five)
      expect(box.put(member, "k", "v", { name: inType("sets") })).toMatchObject({
        failure: { definite: true, reason: { type: "invalid" } },
      });
  });
});
