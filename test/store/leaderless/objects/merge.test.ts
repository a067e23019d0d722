// Shows what holds for the merge of two copies, under each clock, of data types and of deletions; and how reads merge several.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ConflictRules } from "../../../../src/store/leaderless/objects/conflict.js";
import { conflictRules } from "../../../../src/store/leaderless/objects/conflict.js";
import { actorsAhead, readValue, updateValue } from "../../../../src/store/leaderless/crdt/stored-value.js";
import { coordinate, coordinateUpdate, type Update } from "../../../../src/store/leaderless/objects/coordinate.js";
import { merge, mergeAll } from "../../../../src/store/leaderless/objects/merge.js";
import { encodeObject } from "../../../../src/store/leaderless/objects/object-codec.js";
import type { StoredObject, Written } from "../../../../src/store/leaderless/objects/stored-object.js";
import { isDeleted, tombstone } from "../../../../src/store/leaderless/objects/stored-object.js";
import { epochOf, namedActor } from "../../../../src/store/leaderless/versions/actor.js";
import { emptyVector } from "../../../../src/store/leaderless/versions/version-vector.js";
import type { UpdateBy } from "./world.js";
import { calmSteps, diskIdOf, played, properties, roughSteps, rules, started, text, updating, valuesOf } from "./world.js";

const vclock: ConflictRules = { ...rules, clock: "vclock" };
const wall: ConflictRules = { ...rules, clock: "wall" };

/** Any three copies that a history left anywhere, at any time. */
function threeCopies(given: ConflictRules, update?: UpdateBy, steps = roughSteps): fc.Arbitrary<StoredObject[]> {
  return fc.tuple(steps, fc.tuple(fc.nat(), fc.nat(), fc.nat())).map(([all, picks]) => {
    const { pool } = played([...all, { kind: "put", node: 0, context: "none" }], given, true, update);
    return picks.map((pick) => pool[pick % pool.length] as StoredObject);
  });
}

function expectSame(a: StoredObject, b: StoredObject): void {
  expect(encodeObject(a).equals(encodeObject(b))).toBe(true);
}

test.each([["dvv"], ["vclock"], ["wall"]] as const)("%s: in either order, and with itself, the same", (clock) => {
  const given = { ...rules, clock };
  fc.assert(
    fc.property(threeCopies(given), ([a, b]) => {
      expectSame(merge(a as StoredObject, b as StoredObject, given), merge(b as StoredObject, a as StoredObject, given));
      expectSame(merge(a as StoredObject, { ...(a as StoredObject) }, given), a as StoredObject);
    }),
  );
});

test.each([["dvv"], ["wall"]] as const)("%s: in whatever groups, the same; also read together", (clock) => {
  const given = { ...rules, clock };
  fc.assert(
    fc.property(threeCopies(given), (copies) => {
      const [a, b, c] = copies as [StoredObject, StoredObject, StoredObject];
      const merged = merge(a, merge(b, c, given), given);
      expectSame(merge(merge(a, b, given), c, given), merged);
      expectSame(mergeAll(copies, given), merged);
    }),
    { numRuns: 300 },
  );
});

describe("vclock", () => {
  test("depends on the groups", () => {
    const [a, b, c] = differentGroups();
    const one = merge(merge(a, b, vclock), c, vclock);
    const other = merge(a, merge(b, c, vclock), vclock);
    expect(valuesOf(one)).toEqual(["a2", "b"]);
    expect(valuesOf(other)).toEqual(["a1", "a2", "b"]);
    expect(one.vector).toEqual(other.vector);
    expectSame(merge(one, other, vclock), other);
  });

  test("becomes equal everywhere all the same, once all have exchanged all they have", () => {
    fc.assert(
      fc.property(calmSteps, (steps) => {
        const exchanges = [0, 1, 2, 0, 1, 2].flatMap((from) => [0, 1, 2].map((to) => ({ kind: "send" as const, from, to })));
        const world = played([...steps, { kind: "put", node: 0, context: "none" }, ...exchanges], vclock);
        const [first, ...others] = [0, 1, 2].map((node) => encodeObject(world.copy(node).object as StoredObject).toString("hex"));
        expect(new Set(others)).toEqual(new Set([first]));
      }),
    );
  });

  /** `a2` overwrites `a1`; `b` knows of neither. */
  function differentGroups(): readonly [StoredObject, StoredObject, StoredObject] {
    const first = coordinate(undefined, emptyVector, text("a1"), namedActor("a"), 1, vclock);
    const second = coordinate(first, first.vector, text("a2"), namedActor("a"), 2, vclock);
    const apart = coordinate(undefined, emptyVector, text("b"), namedActor("b"), 3, vclock);
    return [second, first, apart];
  }
});

test("where dots were given out twice, a merge never leaves nothing at all", () => {
  const at = (counter: number, value: string): StoredObject => ({
    vector: [{ actor: "n", counter: 5, seconds: 0 }],
    siblings: [{ ...text(value), dot: { actor: "n", counter }, lastModifiedUs: 0 }],
  });
  expect(valuesOf(merge(at(2, "x"), at(3, "y"), rules))).toEqual(["x", "y"]);
  expect(valuesOf(merge(at(3, "x"), at(3, "y"), rules))).toEqual(["x", "y"]);
});

describe("deletions", () => {
  const first = coordinate(undefined, emptyVector, text("first"), namedActor("a"), 1, rules);

  test("with context, nothing is left; a write that did not know stays beside the tombstone", () => {
    const deleted = coordinate(first, first.vector, tombstone, namedActor("a"), 2, rules);
    expect(isDeleted(deleted)).toBe(true);
    const changed = coordinate(first, first.vector, text("changed"), namedActor("b"), 2, rules);
    const both = merge(deleted, changed, rules);
    expect(isDeleted(both)).toBe(false);
    expect(both.siblings.map(({ isTombstone }) => isTombstone)).toEqual([true, false]);
  });

  test("that have not seen a value leave it", () => {
    const blind = coordinate(first, emptyVector, tombstone, namedActor("a"), 2, rules);
    expect(valuesOf(blind)).toEqual(["", "first"]);
  });
});

describe("where clients get one value only", () => {
  const one: ConflictRules = { ...rules, allowMult: false };

  test("a write overwrites what its coordinator has, whatever it has seen", () => {
    let object = coordinate(undefined, emptyVector, text("0"), namedActor("a"), 9, one);
    for (let i = 1; i < 100; i++) object = coordinate(object, emptyVector, text(`${i}`), namedActor("a"), 9 - i, one);
    expect(valuesOf(object)).toEqual(["99"]);
  });

  test("what other coordinators wrote meanwhile is kept until the next write, and merges as ever", () => {
    fc.assert(
      fc.property(threeCopies(one), (copies) => {
        const [a, b, c] = copies as [StoredObject, StoredObject, StoredObject];
        expectSame(merge(merge(a, b, one), c, one), merge(a, merge(b, c, one), one));
      }),
    );
  });
});

describe("data types", () => {
  const sets: ConflictRules = { ...rules, join: union };

  test("have one value, in which everything is", () => {
    fc.assert(
      fc.property(threeCopies(sets, adding), (copies) => {
        const [a, b, c] = copies as [StoredObject, StoredObject, StoredObject];
        const merged = merge(a, merge(b, c, sets), sets);
        expect(merged.siblings).toHaveLength(1);
        expectSame(merge(merge(a, b, sets), c, sets), merged);
        const all = copies.flatMap((copy) => valuesOf(copy).join().split(","));
        expect(valuesOf(merged)[0]?.split(",")).toEqual([...new Set(all)].sort());
      }),
    );
  });

  test("a change that did not know of the deletion outlives it", () => {
    const made = withElement("x", undefined, "a");
    const deleted = coordinate(made, made.vector, tombstone, namedActor("a"), 5, sets);
    const changed = withElement("y", made, "b");
    expect(valuesOf(merge(deleted, changed, sets))).toEqual(["x,y"]);
    expect(isDeleted(merge(made, deleted, sets))).toBe(true);
  });

  test("after a deletion, somebody else counts", () => {
    const { epochs } = started(undefined, 0);
    const actors: string[] = [];
    const next = (before?: StoredObject): StoredObject =>
      coordinateUpdate(
        before,
        updating((current, actor) => {
          actors.push(`${current === undefined ? "new" : "goes on"} ${epochOf(actor, diskIdOf(0))}`);
          return text("x");
        }),
        epochs.of("k"),
        1,
        sets,
      );
    const twice = next(next());
    const deleted = coordinate(twice, twice.vector, tombstone, epochs.of("k"), 2, sets);
    expect(isDeleted(deleted)).toBe(true);
    next(next(deleted));
    expect(actors).toEqual(["new 0", "goes on 0", "new 1", "goes on 1"]);
  });

  test("whoever lost what a client has seen of it counts as somebody else", () => {
    const { epochs } = started(undefined, 0);
    const setRules = conflictRules({ ...properties, datatype: "set" }, "dvv");
    const added = (before: StoredObject | undefined, element: string, context?: Uint8Array): StoredObject => {
      const op = { kind: "set", adds: [element], removes: [] } as const;
      const update: Update = {
        datatype: "set",
        apply: (current, actor, nowMicros) => ({
          ...text(""),
          value: updateValue(current, { op, actor, nowMicros, context, hllPrecision: 14 }),
        }),
        actorsAhead: (current) => (context === undefined ? [] : actorsAhead(context, current)),
      };
      return coordinateUpdate(before, update, epochs.of("k"), 1, setRules);
    };
    const contextOf = (object: StoredObject): Uint8Array => readValue(object.siblings[0]?.value as Uint8Array).context;
    const first = added(undefined, "x");
    const second = added(first, "y");
    const epochsIn = ({ vector }: StoredObject): unknown[] => vector.map(({ actor }) => epochOf(actor, diskIdOf(0)));
    expect(epochsIn(added(second, "z", contextOf(second)))).toEqual([0]);
    expect(epochsIn(added(first, "z", contextOf(second)))).toEqual([0, 1]);
  });

  test("are never older than what they go on from, whatever the clock says", () => {
    const made = withElement("x", undefined, "a", 9000);
    const changed = withElement("y", made, "b", 2000);
    const apart = withElement("z", undefined, "c", 1000);
    expect(changed.siblings[0]?.lastModifiedUs).toBe(9_000_001);
    expectSame(merge(merge(made, apart, sets), changed, sets), merge(made, merge(apart, changed, sets), sets));
  });

  test("count every increment once, whatever nodes forget", () => {
    const counters = conflictRules({ ...properties, datatype: "counter", lastWriteWins: true }, "wall");
    const increment: UpdateBy = (_event, current, actor, nowMicros) => {
      const op = { kind: "counter", increment: 1n } as const;
      return { ...text(""), value: updateValue(current, { op, actor, nowMicros, context: undefined, hllPrecision: 14 }) };
    };
    fc.assert(
      fc.property(roughSteps, (steps) => {
        const { pool } = played([...steps, { kind: "put", node: 0, context: "none" }], counters, true, increment);
        const writes = steps.filter(({ kind }) => kind === "put").length + 1;
        const [all] = mergeAll(pool, counters).siblings as [StoredObject["siblings"][number]];
        expect(readValue(all.value).value).toEqual({ kind: "counter", value: BigInt(writes) });
      }),
      { numRuns: 300 },
    );
  });

  function adding(element: string, current: Uint8Array | undefined): Written {
    return { ...text(""), value: union(current ?? Buffer.from(element), Buffer.from(element)) };
  }

  function withElement(element: string, before: StoredObject | undefined, name: string, ms = 1): StoredObject {
    return coordinateUpdate(
      before,
      updating((current) => adding(element, current)),
      namedActor(name),
      ms,
      sets,
    );
  }

  function union(...values: readonly Uint8Array[]): Uint8Array {
    const all = values.flatMap((value) => Buffer.from(value).toString().split(","));
    return Buffer.from([...new Set(all)].sort().join());
  }
});

test.each([
  ["dvv", {}, "dvv"],
  ["vclock", {}, "vclock"],
  ["wall", {}, "wall"],
  ["dvv", { dvvEnabled: false }, "vclock"],
  ["dvv", { lastWriteWins: true }, "wall"],
  ["wall", { datatype: "set" }, "dvv"],
] as const)("a cluster of %s and a bucket of %o: %s", (clock, given, expected) => {
  expect(conflictRules({ ...properties, ...given }, clock).clock).toBe(expected);
});

test("the newest wins by the wall clock; of one time, rather a value than a deletion", () => {
  const at = (ms: number, value: string): StoredObject =>
    coordinate(undefined, emptyVector, value === "" ? tombstone : text(value), namedActor("a"), ms, wall);
  expect(valuesOf(mergeAll([at(1, "z"), at(3, "a"), at(2, "y")], wall))).toEqual(["a"]);
  expect(valuesOf(merge(at(1, "x"), at(1, ""), wall))).toEqual(["x"]);
  expect(valuesOf(merge(at(1, "x"), at(2, ""), wall))).toEqual([""]);
});
