// Shows what a cluster of leaderless nodes does with reads, writes and deletions: quorums, siblings, stand-ins and their hints, and repair.
import { expect, test } from "vitest";
import { Box, nameOf } from "./box.js";

const five = ["n1", "n2", "n3", "n4", "n5"];
const keys = ["a", "b", "c", "d", "e", "f", "g", "h"];

test("what any node took, any node gives, and three have it", () => {
  const box = new Box(five);
  for (const [i, key] of keys.entries()) expect(box.put(five[i % 5] ?? "n1", key, `value of ${key}`)).toMatchObject({ ok: true });
  for (const key of keys) {
    for (const member of five) expect(box.values(member, key)).toEqual([`value of ${key}`]);
    const copies = Object.values(box.copies(key));
    expect([copies.length, new Set(copies).size]).toEqual([3, 1]);
  }
});

test("what is not there is not found", () => {
  expect(new Box(five).values("n1", "nothing")).toBe("notfound");
});

test("writes that did not know of each other stay beside each other, until one follows them all", () => {
  const box = new Box(five);
  box.put("n1", "k", "one");
  box.put("n4", "k", "two");
  expect(box.values("n2", "k")).toEqual(["one", "two"]);
  box.put("n3", "k", "both", { context: box.contextOf("n5", "k") });
  expect(box.values("n1", "k")).toEqual(["both"]);
});

test("a lonely node answers for all copies", () => {
  const box = new Box(["n1"]);
  expect(box.put("n1", "k", "v", { options: { w: "all" } })).toMatchObject({ ok: true });
  expect(box.values("n1", "k", { r: "all" })).toEqual(["v"]);
});

test("conditions are looked at before a write", () => {
  const box = new Box(five);
  expect(box.put("n1", "k", "first", { condition: "noneMatch" })).toMatchObject({ ok: true });
  expect(box.put("n2", "k", "second", { condition: "noneMatch" })).toMatchObject({ failure: { reason: { type: "matchFound" } } });
  const context = box.contextOf("n3", "k");
  expect(box.put("n2", "k", "second", { condition: "notModified", context })).toMatchObject({ ok: true });
  expect(box.put("n2", "k", "third", { condition: "notModified", context })).toMatchObject({
    ok: false,
    failure: { definite: true, reason: { type: "modified" } },
  });
  expect(box.values("n1", "k")).toEqual(["second"]);
});

test("a node that is cut off has stand-ins, and gets what they took once it is back", () => {
  const box = new Box(five);
  box.hears = (from, to) => from === to || (from !== "n2" && to !== "n2");
  box.pass(10_000);
  for (const key of keys) expect(box.put("n1", key, key)).toMatchObject({ ok: true });
  const waiting = (): number => five.reduce((sum, member) => sum + (box.of(member).node.hints.get("n2") ?? 0), 0);
  expect(waiting()).toBeGreaterThan(0);
  for (const key of keys) expect(box.values("n3", key)).toEqual([key]);
  box.hears = () => true;
  box.pass(20_000);
  expect(waiting()).toBe(0);
  for (const key of keys) expect(new Set(Object.values(box.copies(key))).size).toBe(1);
  for (const key of keys) expect(Object.keys(box.copies(key)).length).toBe(3);
});

test("a strict quorum has no stand-ins: pw is refused where owners are away", () => {
  const box = new Box(["n1", "n2", "n3"]);
  box.hears = (from, to) => from === to;
  box.pass(60_000);
  expect(box.put("n1", "k", "v", { options: { pw: 2 } })).toMatchObject({ ok: false, failure: { definite: true } });
});

test("a read repairs the copy that was left behind", () => {
  const box = new Box(["n1", "n2", "n3"], { hintedHandoff: false, antiEntropy: false });
  box.put("n1", "k", "old");
  box.hears = (from, to) => from === to || (from !== "n3" && to !== "n3");
  box.pass(10_000);
  box.put("n1", "k", "new", { context: box.contextOf("n1", "k") });
  box.hears = () => true;
  box.pass(20_000);
  expect(new Set(Object.values(box.copies("k"))).size).toBe(2);
  expect(box.values("n2", "k")).toEqual(["new"]);
  expect(new Set(Object.values(box.copies("k"))).size).toBe(1);
});

test("a deletion is found as nothing, and forgotten by all owners in its time", () => {
  const box = new Box(five);
  box.put("n1", "k", "v");
  const id = box.ask("n2", { type: "delete", name: nameOf("k"), context: undefined, read: {}, write: {} });
  expect(box.answer(id)).toEqual({ ok: true, value: true });
  expect(box.values("n3", "k")).toBe("notfound");
  expect(Object.keys(box.copies("k")).length).toBe(3);
  box.pass(4000);
  expect(box.copies("k")).toEqual({});
});

test("both sides of a cut take writes, and have all of them when it is healed", () => {
  const box = new Box(five);
  const left = ["n1", "n2"];
  box.hears = (from, to) => left.includes(from) === left.includes(to);
  box.pass(15_000);
  for (const key of keys) {
    expect(box.put("n1", key, `left ${key}`)).toMatchObject({ ok: true });
    expect(box.put("n4", key, `right ${key}`)).toMatchObject({ ok: true });
  }
  box.hears = () => true;
  box.pass(40_000);
  for (const key of keys) {
    expect(box.values("n5", key, { r: "all" })).toEqual([`left ${key}`, `right ${key}`]);
    expect(new Set(Object.values(box.copies(key))).size).toBe(1);
  }
});
