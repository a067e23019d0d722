// Shows that owners of a place find and repair what they hold otherwise, though nobody reads it, and that deletions stay deleted and are forgotten.
import { serialize } from "node:v8";
import { expect, test } from "vitest";
import type { Message } from "../../../../src/store/leaderless/messages.js";
import { Box, nameOf } from "./box.js";
import { MemoryStorage } from "./memory-storage.js";

const five = ["n1", "n2", "n3", "n4", "n5"];
/** Anti-entropy has to do it alone. */
const alone = { hintedHandoff: false, readRepair: false };
const keys = Array.from({ length: 60 }, (_, i) => `key-${i}`);

function filled(options: ConstructorParameters<typeof Box>[1] = alone, value = "v"): Box {
  const box = new Box(five, options);
  for (const [i, key] of keys.entries()) box.put(five[i % 5] as string, key, value);
  return box;
}

function remove(box: Box, member: string, key: string): void {
  const id = box.ask(member, { type: "delete", name: nameOf(key), context: undefined, read: {}, write: {} });
  expect(box.answer(id)).toMatchObject({ ok: true });
}

/** Whether each key is on three nodes, and alike on these. */
function areEqual(box: Box): boolean {
  return keys.every((key) => {
    const copies = Object.values(box.copies(key));
    return copies.length === 3 && new Set(copies).size === 1;
  });
}

function cutOff(box: Box, members: readonly string[]): void {
  box.hears = (from, to) => members.includes(from) === members.includes(to);
}

/** Exchange messages that arrive from here on, and the objects that they bring, in bytes. */
function counted(box: Box): { readonly types: Map<string, number>; bytes: number } {
  const seen = { types: new Map<string, number>(), bytes: 0 };
  box.onMessage = (message: Message) => {
    const type =
      message.type === "exchange"
        ? message.ask.type
        : message.type === "exchangeReply"
          ? message.answer.type
          : message.type === "write"
            ? message.type
            : undefined;
    if (type === undefined) return;
    seen.types.set(type, (seen.types.get(type) ?? 0) + 1);
    seen.bytes += serialize(message).length;
  };
  return seen;
}

test("a wiped node gets back every copy it owned, byte by byte, at no more than three times their size", () => {
  const box = filled(alone, "x".repeat(1000));
  box.pass(20_000);
  const before = box.holdings("n2");
  const bytes = before.length * 1000;
  expect(before.length).toBeGreaterThan(20);
  box.begin("n2", new MemoryStorage());
  const seen = counted(box);
  box.pass(15_000);
  expect(box.holdings("n2")).toEqual(before);
  expect(seen.bytes).toBeLessThan(3 * bytes);
  const exchanged = five.map((member) => box.of(member).node.exchanged);
  expect(exchanged.reduce((sum, each) => sum + (each?.keysRepaired ?? 0), 0)).toBe(before.length);
  const events = box.events.flatMap(({ event }) => (event.type === "exchanged" ? [event.keys] : []));
  expect(events.reduce((sum, each) => sum + each, 0)).toBe(before.length);
});

test("switched off, a wiped node stays empty", () => {
  const box = filled({ ...alone, antiEntropy: false });
  box.begin("n2", new MemoryStorage());
  box.pass(60_000);
  expect([box.holdings("n2"), box.of("n2").node.exchanged]).toEqual([[], undefined]);
});

test.each([
  ["alone", alone],
  ["with hints and read repair", {}],
])("both sides of a cut take writes for a minute; 30 s after it all copies are equal: %s", (_, options) => {
  const box = filled(options);
  cutOff(box, ["n4", "n5"]);
  box.pass(10_000);
  for (const [i, key] of keys.entries()) {
    if (i % 2 === 0) box.put("n1", key, "left");
    if (i % 3 === 0) box.put("n5", key, "right");
    box.pass(1000);
  }
  expect(areEqual(box)).toBe(false);
  box.hears = () => true;
  box.pass(30_000);
  expect(areEqual(box)).toBe(true);
});

test("cut again and again while they compare, owners end equal all the same", () => {
  const box = filled();
  cutOff(box, ["n4", "n5"]);
  box.pass(10_000);
  for (const key of keys) box.put("n1", key, "left");
  let heard = 0;
  box.hears = (_, __, message) => message.type === "swim" || message.type === "gossip" || ++heard % 7 !== 0;
  box.pass(60_000);
  box.hears = () => true;
  box.pass(30_000);
  expect(areEqual(box)).toBe(true);
});

test("at rest nothing is said but the roots, each about once an interval", () => {
  const box = filled();
  box.pass(30_000);
  const seen = counted(box);
  box.pass(60_000);
  expect([...seen.types.keys()].sort()).toEqual(["root", "same"]);
  // 16 partitions of three owners are 48 pairs; in four intervals, of which two thirds at the shortest pass between two turns
  const asked = seen.types.get("root") as number;
  expect(asked).toBeGreaterThanOrEqual(4 * 48);
  expect(asked).toBeLessThanOrEqual(9 * 48);
  expect(seen.bytes / asked).toBeLessThan(2 * 250);
});

test("writes that go on meanwhile are not taken for differences", () => {
  const box = filled({ ...alone, exchangeIntervalMs: 1000 });
  box.pass(5000);
  const seen = counted(box);
  for (let i = 0; i < 300; i++) {
    const key = keys[i % keys.length] as string;
    box.put(five[i % 5] as string, key, `w${i}`, { context: box.contextOf("n1", key) });
    box.pass(100);
  }
  expect(seen.types.get("root")).toBeGreaterThan(300);
  expect(five.map((member) => box.of(member).node.exchanged?.keysRepaired)).toEqual([0, 0, 0, 0, 0]);
  expect(box.events.filter(({ event }) => event.type === "exchanged")).toEqual([]);
});

test("a copy that the disk has lost is back within seconds, once that is noticed", () => {
  const box = filled({ ...alone, exchangeIntervalMs: 600_000 });
  box.pass(600_000);
  const { storage, node } = box.of("n2");
  const [place] = storage.places();
  if (place === undefined) throw new Error("n2 owns nothing");
  const before = box.holdings("n2");
  for (const [key] of Array.from(storage.all(place))) storage.remove(place, key);
  expect(box.holdings("n2").length).toBeLessThan(before.length);
  box.tell("n2", { type: "damaged", place });
  box.pass(3000);
  expect(box.holdings("n2")).toEqual(before);
  expect(node.exchanged?.keysRepaired).toBeGreaterThan(0);
});

test("each owner knows how long it is that it compared each place with each other one", () => {
  const box = filled();
  box.pass(30_000);
  for (const member of five) {
    const lags = box.of(member).node.exchangeLags;
    expect(lags.length).toBeGreaterThan(10);
    for (const { lagMs } of lags) expect(lagMs).toBeLessThanOrEqual(15_000);
  }
  cutOff(box, ["n4"]);
  box.pass(60_000);
  expect(Math.max(...box.of("n1").node.exchangeLags.map(({ lagMs }) => lagMs ?? 0))).toBeGreaterThan(45_000);
});

test("a deletion that nobody reads is forgotten by all owners", () => {
  const box = filled();
  remove(box, "n1", "key-1");
  expect(Object.keys(box.copies("key-1")).length).toBe(3);
  box.pass(10_000);
  expect(box.copies("key-1")).toEqual({});
});

test("a deletion that one owner was not told to forget does not come back from there, and is forgotten there too", () => {
  const box = filled(alone);
  remove(box, "n1", "key-1");
  let untold: string | undefined;
  box.hears = (_, to, message) => message.type !== "reap" || to !== (untold ??= to);
  const held: number[] = [];
  for (let i = 0; i < 20; i++) {
    box.pass(500);
    held.push(Object.keys(box.copies("key-1")).length);
  }
  // from three to one, and never up again
  expect(held.at(-1)).toBe(1);
  expect(held).toEqual([...held].sort((a, b) => b - a));
  box.hears = () => true;
  box.pass(60_000);
  expect(box.copies("key-1")).toEqual({});
});

test.each([
  ["after 3 s", { kind: "after", ms: 3000 }],
  ["immediately", { kind: "immediate" }],
] as const)("an owner that was away while a key was deleted does not bring it back: forgotten %s", (_, deleteMode) => {
  const box = filled({ ...alone, deleteMode });
  const [away] = Object.keys(box.copies("key-1")) as [string];
  cutOff(box, [away]);
  box.pass(10_000);
  remove(box, five.find((member) => member !== away) as string, "key-1");
  box.pass(120_000);
  // it has to be remembered for as long as an owner is away
  expect(Object.keys(box.copies("key-1")).length).toBeGreaterThan(1);
  box.hears = () => true;
  box.pass(60_000);
  expect(box.copies("key-1")).toEqual({});
  expect(box.values("n1", "key-1")).toBe("notfound");
});

test("deletions that are kept for good are copied as everything else", () => {
  const box = filled({ ...alone, deleteMode: { kind: "keep" } });
  remove(box, "n1", "key-1");
  box.pass(60_000);
  const before = box.copies("key-1");
  const [owner] = Object.keys(before) as [string];
  expect(Object.keys(before).length).toBe(3);
  box.begin(owner, new MemoryStorage());
  box.pass(20_000);
  expect(box.copies("key-1")).toEqual(before);
});

test.each([
  ["comes back, as in Riak, where it is forgotten", { kind: "after", ms: 3000 }, ["v"]],
  ["stays deleted where it is kept", { kind: "keep" }, "notfound"],
] as const)("a deleted key of which an old copy turns up late %s", (_, deleteMode, found) => {
  const box = new Box(five, { ...alone, deleteMode });
  const late: Message[] = [];
  box.onMessage = (message) => void (message.type === "write" && late.push(message));
  box.put("n1", "k", "v");
  const [message] = late as [Message];
  remove(box, "n1", "k");
  box.pass(30_000);
  expect(box.values("n1", "k")).toBe("notfound");
  box.tell(message.to, { type: "receive", message });
  box.pass(60_000);
  expect(box.values("n1", "k")).toEqual(found);
});
