// Shows what removals do: keep to what their client has read, wait for what has not come yet, reset fields, leave nothing behind; and Riak's errors.
import { describe, expect, test } from "vitest";
import type { DataTypeOp, FieldOp } from "../../../../src/store/leaderless/crdt/operations.js";
import { clockBytes } from "../../../../src/store/leaderless/crdt/clock.js";
import { PreconditionError } from "../../../../src/store/leaderless/crdt/errors.js";
import { mergeValues, readValue, updateValue } from "../../../../src/store/leaderless/crdt/stored-value.js";
import type { Plain } from "./causal-twin.js";
import { plainValue } from "./histories.js";

const add = (...adds: string[]): DataTypeOp & FieldOp => ({ kind: "set", adds, removes: [] });
const remove = (...removes: string[]): DataTypeOp & FieldOp => ({ kind: "set", adds: [], removes });
const update = (name: string, op: FieldOp): DataTypeOp & FieldOp => ({ kind: "map", removes: [], updates: [{ name, op }] });
const drop = (kind: FieldOp["kind"], name: string): DataTypeOp & FieldOp => ({
  kind: "map",
  removes: [{ kind, name }],
  updates: [],
});

function apply(bytes: Uint8Array | undefined, actor: string, op: DataTypeOp, context?: Uint8Array): Uint8Array {
  return updateValue(bytes, { op, actor, nowMicros: 1, context, hllPrecision: 14 });
}

function read(bytes: Uint8Array): Plain | number {
  return plainValue(readValue(bytes).value);
}

const contextOf = (bytes: Uint8Array): Uint8Array => readValue(bytes).context;

describe("with a context", () => {
  test("a removal leaves what was added since it was read", () => {
    const first = apply(undefined, "n1", add("x", "y"));
    const again = apply(first, "n1", add("x"));
    expect(read(apply(again, "n1", remove("x", "y"), contextOf(first)))).toEqual(["x"]);
    expect(read(apply(again, "n1", remove("x", "y"), contextOf(again)))).toEqual([]);
  });

  test("a removal that arrives before what it removes waits for it", () => {
    const there = apply(undefined, "n1", add("x", "y"));
    const elsewhere = apply(undefined, "n2", remove("x"), contextOf(there));
    expect(read(elsewhere)).toEqual([]);
    expect(read(mergeValues(elsewhere, there))).toEqual(["y"]);
    expect(read(mergeValues(there, apply(elsewhere, "n2", add("x"))))).toEqual(["x", "y"]);
  });

  test("a removal that waits goes once it is done", () => {
    const there = apply(undefined, "n1", add("x"));
    const waiting = apply(undefined, "n2", remove("x"), contextOf(there));
    expect(mergeValues(waiting, there).length).toBeLessThan(waiting.length);
  });

  test("a removal inside a field waits on, though the field is removed meanwhile", () => {
    const there = apply(undefined, "n1", update("s", add("x", "y")));
    const inside = apply(undefined, "n2", update("s", remove("x")), contextOf(there));
    const without = apply(inside, "n2", drop("set", "s"), contextOf(inside));
    expect(read(without)).toEqual({});
    expect(read(mergeValues(without, there))).toEqual({ "set s": ["y"] });
  });

  test("a removal of what was never there is none", () => {
    const set = apply(undefined, "n1", add("x"));
    expect(read(apply(set, "n1", remove("z"), contextOf(set)))).toEqual(["x"]);
    const map = apply(undefined, "n1", update("s", add("x")));
    expect(read(apply(map, "n1", drop("map", "m"), contextOf(map)))).toEqual({ "set s": ["x"] });
  });

  test("a context that no state ever had removes what it says and no more", () => {
    const first = apply(undefined, "n1", update("s", add("x")));
    const second = apply(first, "n2", update("s", add("y")));
    const odd = clockBytes(new Map([["n2", 1]]));
    expect(read(apply(second, "n1", drop("set", "s"), odd))).toEqual({ "set s": ["x"] });
  });

  test("a removal is no event: its actor leaves no trace", () => {
    const set = apply(undefined, "n1", add("x"));
    expect(contextOf(apply(set, "n2", remove("x")))).toEqual(contextOf(set));
    const map = apply(undefined, "n1", update("s", add("x")));
    expect(contextOf(apply(map, "n2", drop("set", "s"), contextOf(map)))).toEqual(contextOf(map));
  });

  test("an empty context is none", () => {
    expect(() => apply(undefined, "n1", remove("x"), new Uint8Array(0))).toThrow(PreconditionError);
  });
});

describe("a field removed while it is updated elsewhere", () => {
  const both = (before: FieldOp, meanwhile: FieldOp): Plain | number => {
    const start = apply(undefined, "n1", update("f", before));
    const removed = apply(start, "n1", drop(before.kind, "f"), contextOf(start));
    return read(mergeValues(removed, apply(start, "n2", update("f", meanwhile))));
  };

  test.each<[string, FieldOp, FieldOp, Plain]>([
    ["a set keeps only the new element", add("x", "y"), add("z"), { "set f": ["z"] }],
    ["a set is there, empty", add("x", "y"), { kind: "set", adds: [], removes: ["x"] }, { "set f": [] }],
    ["a map keeps only the new field", update("a", add("x")), update("b", add("y")), { "map f": { "set b": ["y"] } }],
    [
      "a register has the new value",
      { kind: "register", value: "old" },
      { kind: "register", value: "new" },
      { "register f": "new" },
    ],
    ["a flag stays enabled", { kind: "flag", enable: true }, { kind: "flag", enable: true }, { "flag f": true }],
    ["a flag is there, disabled", { kind: "flag", enable: true }, { kind: "flag", enable: false }, { "flag f": false }],
    [
      "a counter has what the other actor counted",
      { kind: "counter", increment: 5n },
      { kind: "counter", increment: 2n },
      { "counter f": 2n },
    ],
  ])("%s", (_title, before, meanwhile, expected) => {
    expect(both(before, meanwhile)).toEqual(expected);
  });

  test("a counter brings back all that its actor had counted, as in Riak", () => {
    const start = apply(undefined, "n1", update("f", { kind: "counter", increment: 5n }));
    const removed = apply(start, "n2", drop("counter", "f"), contextOf(start));
    const counted = apply(start, "n1", update("f", { kind: "counter", increment: 2n }));
    expect(read(mergeValues(removed, counted))).toEqual({ "counter f": 7n });
  });
});

describe("without a context", () => {
  test.each<[string, DataTypeOp, string]>([
    ["an element", remove("fritz"), '{precondition,{not_present,<<"fritz">>}}'],
    ["an element of bytes", remove("\0\xff"), "{precondition,{not_present,<<0,255>>}}"],
    ["an element with a quote", remove('a"b\\'), '{precondition,{not_present,<<"a\\"b\\\\">>}}'],
    ["an element of nothing", remove(""), "{precondition,{not_present,<<>>}}"],
    ["a field", drop("set", "friends"), '{precondition,{not_present,{<<"friends">>,riak_dt_orswot}}}'],
    ["a counter", drop("counter", "n"), '{precondition,{not_present,{<<"n">>,riak_dt_emcntr}}}'],
    ["an element of a field", update("s", remove("x")), '{precondition,{not_present,<<"x">>}}'],
  ])("a removal of %s that is not there is an error", (_title, op, message) => {
    expect(() => apply(undefined, "n1", op)).toThrow(new PreconditionError(message));
  });

  test("an operation that fails in part does nothing", () => {
    const start = apply(undefined, "n1", add("x"));
    const before = Buffer.from(start);
    expect(() => apply(start, "n1", { kind: "set", adds: ["y"], removes: ["x", "z"] })).toThrow(PreconditionError);
    expect(Buffer.from(start).equals(before)).toBe(true);
  });

  test("a removal removes all that is there, also what the client never read", () => {
    const set = mergeValues(apply(undefined, "n1", add("x")), apply(undefined, "n2", add("x")));
    expect(read(apply(set, "n1", remove("x")))).toEqual([]);
  });

  test("adds come before removes in sets, removes before updates in maps", () => {
    expect(read(apply(undefined, "n1", { kind: "set", adds: ["x"], removes: ["x"] }))).toEqual([]);
    const map = apply(undefined, "n1", update("s", add("x")));
    const op: DataTypeOp = { kind: "map", removes: [{ kind: "set", name: "s" }], updates: [{ name: "s", op: add("y") }] };
    expect(read(apply(map, "n1", op))).toEqual({ "set s": ["y"] });
  });
});

describe("what was removed takes no room", () => {
  test.each<[string, (element: string) => DataTypeOp, (element: string) => DataTypeOp]>([
    ["elements of sets", (element) => add(element), (element) => remove(element)],
    ["fields of maps", (name) => update(name, add("x")), (name) => drop("set", name)],
    ["elements in maps", (element) => update("s", add(element)), (element) => update("s", remove(element))],
    [
      "maps in maps",
      (name) => update("m", update(name, { kind: "flag", enable: true })),
      (name) => update("m", drop("flag", name)),
    ],
  ])("%s", (_title, adding, removing) => {
    const cycle = (bytes: Uint8Array | undefined, element: string): Uint8Array => {
      const added = apply(bytes, "n1", adding(element));
      return apply(added, "n1", removing(element), contextOf(added));
    };
    let bytes = cycle(undefined, "element 0");
    const once = bytes.length;
    for (let i = 1; i < 1000; i++) bytes = cycle(bytes, `element ${i}`);
    // Only the number of the last event may be written with more digits: in the clock, and where the field's last update stands.
    expect(bytes.length).toBeLessThanOrEqual(once + 4);
  });
});
