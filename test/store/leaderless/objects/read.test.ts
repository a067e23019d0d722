// Shows what clients see of an object: its siblings or the newest, its context, vtags and ETag; and when a deletion may be forgotten.
import { describe, expect, test } from "vitest";
import { coordinate } from "../../../../src/store/leaderless/objects/coordinate.js";
import { merge } from "../../../../src/store/leaderless/objects/merge.js";
import { encodeObject } from "../../../../src/store/leaderless/objects/object-codec.js";
import { readingOf } from "../../../../src/store/leaderless/objects/read.js";
import type { StoredObject, Written } from "../../../../src/store/leaderless/objects/stored-object.js";
import { tombstone } from "../../../../src/store/leaderless/objects/stored-object.js";
import type { Copy, DeleteMode } from "../../../../src/store/leaderless/objects/tombstones.js";
import { reapDecision } from "../../../../src/store/leaderless/objects/tombstones.js";
import { etagOf, vtagOf } from "../../../../src/store/leaderless/objects/vtag.js";
import { objectHash } from "../../../../src/store/leaderless/merkle/hash.js";
import type { ReadObject } from "../../../../src/store/leaderless/api.js";
import { namedActor } from "../../../../src/store/leaderless/versions/actor.js";
import { decodeContext } from "../../../../src/store/leaderless/versions/context.js";
import { emptyVector } from "../../../../src/store/leaderless/versions/version-vector.js";
import { rules, text } from "./world.js";

const one = { allowMult: false };
const all = { allowMult: true };

function write(written: Written, ms: number, actor: string, before?: StoredObject): StoredObject {
  return coordinate(before, before?.vector ?? emptyVector, written, namedActor(actor), ms, rules);
}

function found(object: StoredObject, { allowMult } = all): ReadObject {
  const reading = readingOf(object, { allowMult });
  if (reading.kind !== "found") throw new Error(reading.kind);
  return reading.object;
}

const early = write(text("early"), 1000, "b");
const late = write(text("late"), 2000.7, "a");
const gone = write(tombstone, 3000, "c");

describe("a read", () => {
  test("of nothing", () => expect(readingOf(undefined, all)).toEqual({ kind: "notFound" }));

  test("of siblings: all of them, the oldest first, and a context that covers all", () => {
    const both = merge(late, early, rules);
    const { context, siblings } = found(both);
    expect(siblings.map(({ value, lastModifiedMs }) => [Buffer.from(value).toString(), lastModifiedMs])).toEqual([
      ["early", 1000],
      ["late", 2000],
    ]);
    expect(decodeContext(context)).toEqual(both.vector);
    expect(found(write(text("resolved"), 1, "a", both)).siblings).toHaveLength(1);
  });

  test("of siblings where there may be one only: the newest", () => {
    const { siblings } = found(merge(early, late, rules), one);
    expect(siblings.map(({ value }) => Buffer.from(value).toString())).toEqual(["late"]);
  });

  test("of a deletion: nothing, but a context; beside a value it is a sibling, and may be the newest", () => {
    expect(readingOf(gone, all)).toMatchObject({ kind: "deleted" });
    const both = merge(gone, late, rules);
    expect(found(both).siblings.map(({ isTombstone }) => isTombstone)).toEqual([false, true]);
    const reading = readingOf(both, one);
    expect(reading.kind === "deleted" && decodeContext(reading.context)).toEqual(both.vector);
  });
});

describe("vtags and ETags", () => {
  test("are letters and digits, the same for the same write, on every node", () => {
    const [vtag] = found(late).siblings.map((sibling) => sibling.vtag);
    expect(vtag).toMatch(/^[0-9A-Za-z]{18}$/);
    expect(found(merge(late, early, rules)).siblings.map((sibling) => sibling.vtag)).toContain(vtag);
    expect(etagOf(found(late))).toBe(vtag);
  });

  test("are others for other writes, even of the same value", () => {
    const clocks = ["dvv", "vclock", "wall"] as const;
    const tags = clocks.flatMap((clock) => {
      let object: StoredObject | undefined;
      return Array.from({ length: 50 }, () => {
        object = coordinate(object, object?.vector ?? emptyVector, text("same"), namedActor("a"), 1000, { ...rules, clock });
        return object.siblings.map((sibling) => vtagOf(sibling)).join();
      });
    });
    expect(new Set(tags.slice(0, 50)).size).toBe(50);
    expect(new Set(tags.slice(50, 100)).size).toBe(50);
    expect(new Set(tags.slice(100)).size).toBe(50);
  });

  test("of siblings: one name of them all, which changes with any of them", () => {
    const both = merge(early, late, rules);
    const names = [both, early, late, merge(both, gone, rules), write(text("x"), 1, "a", both)].map((object) =>
      object === gone ? "" : etagOf(found(object)),
    );
    expect(new Set(names).size).toBe(5);
    expect(etagOf(found(merge(late, early, rules)))).toBe(names[0]);
  });
});

describe("a tombstone", () => {
  const copyOf = (object: StoredObject): Copy => ({ object, objectHash: objectHash(encodeObject(object)) });
  const dead = copyOf(gone);
  const laterDead = copyOf(write(tombstone, 4000, "c", gone));
  const alive = copyOf(merge(gone, late, rules));
  const after3s: DeleteMode = { kind: "after", ms: 3000 };

  test.each([
    ["all owners have it: forgotten later", [dead, dead, dead], after3s, 3000],
    ["all owners have it: forgotten at once", [dead, dead, dead], { kind: "immediate" }, 0],
    ["kept for good if so asked", [dead, dead, dead], { kind: "keep" }, undefined],
    ["an owner has nothing, and may have forgotten it: forgotten", [undefined, dead, dead], after3s, 3000],
    ["an owner has another: kept", [dead, dead, laterDead], after3s, undefined],
    ["beside a value: kept", [alive, alive, alive], after3s, undefined],
    ["nobody has anything", [undefined, undefined], after3s, undefined],
    ["nobody was asked", [], after3s, undefined],
  ] as const)("%s", (_title, owners, mode, afterMs) => {
    const expected = afterMs === undefined ? { kind: "keep" } : { kind: "reap", afterMs, objectHash: dead.objectHash };
    expect(reapDecision(owners, mode)).toEqual(expected);
  });
});
