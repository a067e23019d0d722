// Shows that nobody waits for a node that is paused: writes go to the next replica, others stand in, and nothing is written twice.
import { describe, expect, test } from "vitest";
import type { Answer, Request } from "../../../../src/store/leaderless/api.js";
import type { Message } from "../../../../src/store/leaderless/messages.js";
import { homePartition } from "../../../../src/store/leaderless/ring/place.js";
import { Box, nameOf, putOf } from "./box.js";

const five = ["n1", "n2", "n3", "n4", "n5"];
const keys = Array.from({ length: 40 }, (_, i) => `k${i}`);
function put(
  box: Box,
  member: string,
  key: string,
  value: string,
  more: Partial<Extract<Request, { type: "put" }>> = {},
): number {
  return box.ask(member, putOf(key, value, more));
}

/** The first owner of a key, who coordinates what others pass on. */
function ownersOf(box: Box, key: string): string[] {
  const { view } = box.of("n1").node;
  const partition = homePartition(nameOf(key), 16);
  return view.transition.replicas(partition, 3).owners.map(({ member }) => member);
}

/** A key whose writes `asked` passes on to `first`, with its owners. */
function passedOn(box: Box, asked: string, first: string): { readonly key: string; readonly owners: string[] } {
  for (const key of keys) {
    const owners = ownersOf(box, key);
    if (owners[0] === first && !owners.includes(asked)) return { key, owners };
  }
  throw new Error(`${asked} passes no key on to ${first}`);
}

describe("a node is paused", () => {
  test.each(five)("and no write waits for it for longer than 300 ms, whoever is asked: %s", (paused) => {
    const box = new Box(five);
    box.pass(2000);
    box.pause(paused);
    const askers = five.filter((member) => member !== paused);
    const asked = askers.flatMap((member) => keys.map((key) => put(box, member, key, `${key} by ${member}`)));
    const gets = askers.flatMap((member) => keys.map((key) => box.ask(member, { type: "get", name: nameOf(key), options: {} })));
    box.pass(300);
    expect([...asked, ...gets].map((id) => box.answer(id)?.ok)).toEqual([...asked, ...gets].map(() => true));
  });

  test("and only what it was given in its last moment is in doubt, until it awakes and refuses it: nothing is written twice", () => {
    const box = new Box(five);
    const { key } = passedOn(box, "n5", "n1");
    box.put("n5", key, "u");
    box.pause("n1", 0);
    const id = put(box, "n5", key, "v");
    box.pass(1000);
    expect(box.answer(id)).toBeUndefined();
    box.resume("n1");
    expect(box.answer(id)).toMatchObject({ ok: true });
    box.pass(20_000);
    for (const member of five) expect(box.values(member, key)).toEqual(["u", "v"]);
  });

  test("and what it coordinates late, after others have, is the same value; what overwrote it stays alone", () => {
    const box = new Box(five);
    const { key } = passedOn(box, "n5", "n1");
    box.pause("n1");
    const id = put(box, "n5", key, "v");
    box.pass(300);
    expect(box.answer(id)).toMatchObject({ ok: true });
    expect(box.values("n5", key)).toEqual(["v"]);
    box.put("n5", key, "w", { context: box.contextOf("n5", key) });
    expect(box.values("n5", key)).toEqual(["w"]);
    box.pass(5000);
    box.resume("n1");
    box.pass(20_000);
    for (const member of five) expect(box.values(member, key)).toEqual(["w"]);
    expect(new Set(Object.values(box.copies(key))).size).toBe(1);
  });
});

test("who was heard of a moment ago is not asked whether it is there before it gets a write", () => {
  const box = new Box(five);
  box.pass(2000);
  const { key } = passedOn(box, "n5", "n1");
  const seen: string[] = [];
  box.onMessage = ({ type, from, to }) => void (from === "n5" && to === "n1" && seen.push(type));
  for (const value of ["first", "second"]) box.put("n5", key, value);
  expect(seen).toEqual(["offer", "forward", "forward"]);
});

test("nodes that were all paused at once, as a laptop that slept, refuse nobody for that", () => {
  const box = new Box(five);
  box.pass(2000);
  const { key } = passedOn(box, "n5", "n1");
  for (const member of five) box.pause(member, 0);
  box.nowMs += 60_000;
  for (const member of five) box.resume(member);
  expect(put(box, "n5", key, "v")).toSatisfy((id: number) => box.answer(id)?.ok === true);
  expect(box.values("n2", key)).toEqual(["v"]);
});

describe("a write that may have been made", () => {
  const increment = { kind: "counter", increment: 1n } as const;

  function count(box: Box, member: string, key: string): number {
    return box.ask(member, {
      type: "updateDataType",
      name: nameOf(key),
      op: increment,
      context: undefined,
      options: {},
      returnBody: false,
    });
  }

  function counted(box: Box, member: string, key: string): Answer<Request["type"]> | undefined {
    return box.answer(box.ask(member, { type: "fetchDataType", name: nameOf(key), options: { r: "all" } }));
  }

  /** `n1` says that it is there, and nothing after that. */
  const saysNoMore = (from: string, to: string, message: Message): boolean =>
    from === to || from !== "n1" || message.type === "ready";

  test("is not made again: it fails, and may have had its effect", () => {
    const box = new Box(five);
    const { key } = passedOn(box, "n5", "n1");
    box.hears = saysNoMore;
    const id = count(box, "n5", key);
    box.pass(15_000);
    expect(box.answer(id)).toMatchObject({ ok: false, failure: { definite: false, reason: { type: "timeout" } } });
    box.hears = () => true;
    box.pass(20_000);
    expect(counted(box, "n3", key)).toMatchObject({ ok: true, value: { found: { value: { value: 1n } } } });
  });

  test("is a value that nobody overwrites twice", () => {
    const box = new Box(five);
    const { key } = passedOn(box, "n5", "n1");
    box.hears = saysNoMore;
    const id = put(box, "n5", key, "v");
    box.pass(15_000);
    expect(box.answer(id)).toMatchObject({ ok: false, failure: { definite: false, reason: { type: "timeout" } } });
    box.hears = () => true;
    box.pass(20_000);
    for (const member of five) expect(box.values(member, key, { r: "all" })).toEqual(["v"]);
  });

  test("goes elsewhere at once where it was refused, or the first one is known to be away", () => {
    const box = new Box(five);
    const { key } = passedOn(box, "n5", "n1");
    box.pause("n1");
    count(box, "n5", key);
    box.pass(300);
    expect(box.answer(count(box, "n5", key))).toMatchObject({ ok: true });
    box.resume("n1");
    box.pass(20_000);
    // the one that waited for n1 was refused when it awoke, and went to the next
    expect(counted(box, "n3", key)).toMatchObject({ ok: true, value: { found: { value: { value: 2n } } } });
  });
});

describe("stand-ins", () => {
  test("are found while a write is under way, so that it need not fail: two of three owners are paused", () => {
    const box = new Box(five);
    const { key, owners } = passedOn(box, "n5", "n1");
    for (const owner of owners.slice(1)) box.pause(owner);
    const id = put(box, "n1", key, "v", { options: { w: "all" } });
    box.pass(300);
    expect(box.answer(id)).toMatchObject({ ok: true });
    const waiting = owners
      .slice(1)
      .map((owner) => five.reduce((sum, member) => sum + (box.of(member).node.hints.get(owner) ?? 0), 0));
    expect(waiting).toEqual([1, 1]);
    for (const owner of owners.slice(1)) box.resume(owner);
    box.pass(20_000);
    expect(Object.keys(box.copies(key)).sort()).toEqual([...owners].sort());
    expect(new Set(Object.values(box.copies(key))).size).toBe(1);
  });

  test("that know nothing are not believed while an owner may know something", () => {
    const box = new Box(five);
    const { key, owners } = passedOn(box, "n5", "n1");
    box.put("n5", key, "v");
    for (const owner of owners.slice(0, 2)) box.pause(owner);
    box.pass(15_000);
    for (const member of five.filter((each) => !owners.slice(0, 2).includes(each)))
      expect(box.values(member, key)).toEqual(["v"]);
  });

  test("answer for owners that fall silent during a read", () => {
    const box = new Box(five);
    const { key, owners } = passedOn(box, "n5", "n1");
    box.put("n5", key, "v");
    for (const owner of owners.slice(0, 2)) box.pause(owner);
    const id = box.ask("n5", { type: "get", name: nameOf(key), options: {} });
    expect(box.answer(id)).toBeUndefined();
    box.pass(300);
    expect(box.answer(id)).toMatchObject({ ok: true, value: { siblings: [{}] } });
  });
});

test("a node that was paused itself blames nobody for the time that it has lost", () => {
  const box = new Box(["n1", "n2", "n3"]);
  box.pass(3000);
  const id = put(box, "n1", "k", "v", { options: { w: "all" } });
  expect(box.answer(id)).toMatchObject({ ok: true });
  box.pause("n1");
  box.pass(2000);
  box.resume("n1");
  expect(box.answer(put(box, "n1", "k2", "v", { options: { w: "all" } }))).toMatchObject({ ok: true });
});
