// Shows how few messages a read takes whose owners agree, and that it asks all of them, in time, where they do not, are silent or have nothing.
import { describe, expect, test } from "vitest";
import type { Message } from "../../../../src/store/leaderless/messages.js";
import { homePartition } from "../../../../src/store/leaderless/ring/place.js";
import { storageKey } from "../../../../src/store/leaderless/storage-key.js";
import { Box, nameOf, putOf } from "./box.js";

const five = ["n1", "n2", "n3", "n4", "n5"];

interface Seen {
  readonly box: Box;
  /** The first owner of key `k` and the others, in the order of the preference list. */
  readonly owners: readonly string[];
  /** A node that has no copy. */
  readonly outsider: string;
  /** What has arrived of messages that are about objects. */
  readonly messages: Message[];
}

function world(value?: string): Seen {
  const box = new Box(five, { antiEntropy: false });
  box.pass(2000);
  const { view } = box.of("n1").node;
  const owners = view.transition.replicas(homePartition(nameOf("k"), 16), 3).owners.map(({ member }) => member);
  if (value !== undefined) box.put("n1", "k", value);
  box.pass(1000);
  const messages: Message[] = [];
  box.onMessage = (message) => {
    if (!["swim", "gossip"].includes(message.type)) messages.push(message);
  };
  return { box, owners, outsider: five.find((member) => !owners.includes(member)) as string, messages };
}

function copyOf({ box }: Seen, member: string): string | undefined {
  return box.copies("k")[member];
}

/** Takes the key from this node's disk, behind its back. */
function forget({ box }: Seen, member: string): void {
  const { storage } = box.of(member);
  for (const place of storage.places()) storage.remove(place, storageKey(nameOf("k")));
}

const typesOf = (messages: readonly Message[]): string[] => messages.map(({ type }) => type);

describe("a read at an owner", () => {
  test("asks one other one, for a hash", () => {
    const seen = world("v");
    expect(seen.box.values(seen.owners[0] as string, "k")).toEqual(["v"]);
    expect(typesOf(seen.messages)).toEqual(["read", "hashReply"]);
    expect(seen.messages[0]).toMatchObject({ wants: "hash" });
  });

  test("asks nobody where one answer is enough", () => {
    const seen = world("v");
    expect(seen.box.values(seen.owners[0] as string, "k", { r: 1 })).toEqual(["v"]);
    expect(seen.messages).toEqual([]);
  });

  test("asks the others in turn", () => {
    const seen = world("v");
    for (let i = 0; i < 8; i++) seen.box.get(seen.owners[0] as string, "k");
    const asked = new Set(seen.messages.filter(({ type }) => type === "read").map(({ to }) => to));
    expect(asked).toEqual(new Set(seen.owners.slice(1)));
  });
});

test("a read elsewhere asks one owner for the object and one for a hash", () => {
  const seen = world("v");
  expect(seen.box.values(seen.outsider, "k")).toEqual(["v"]);
  const reads = seen.messages.flatMap((message) => (message.type === "read" ? [message.wants] : []));
  expect(reads).toEqual(["object", "hash"]);
  expect(seen.messages).toHaveLength(4);
});

test("an owner that was not asked and differs is repaired all the same, a moment later", () => {
  for (const at of [0, 1, 2]) {
    const seen = world("v");
    const { box, owners, outsider } = seen;
    forget(seen, owners[at] as string);
    for (let turn = 0; turn < 3; turn++) expect(box.values(outsider, "k")).toEqual(["v"]);
    box.pass(300);
    expect(copyOf(seen, owners[at] as string)).toEqual(copyOf(seen, owners[(at + 1) % 3] as string));
  }
});

test("owners that agree are left in peace", () => {
  const seen = world("v");
  seen.box.get(seen.outsider, "k");
  seen.box.pass(1000);
  expect(typesOf(seen.messages).slice(4)).toEqual(["compare"]);
  expect(seen.box.events.filter(({ event }) => event.type === "repaired")).toEqual([]);
});

test("owners that differ are all asked, and the answer is what they have together", () => {
  const seen = world();
  const { box, owners, outsider } = seen;
  // two clients who know nothing of each other, on either side of a cut
  box.hears = (from, to) => from === to;
  box.ask(owners[0] as string, putOf("k", "a", { options: { w: 1, dw: 1 } }));
  box.ask(owners[1] as string, putOf("k", "b", { options: { w: 1, dw: 1 } }));
  box.hears = () => true;
  box.pass(100);
  expect(box.values(outsider, "k", { r: "all" })).toEqual(["a", "b"]);
});

test("a silent owner holds nobody up: after a moment the third one is asked", () => {
  const seen = world("v");
  const { box, owners } = seen;
  const [first, second, third] = owners as [string, string, string];
  box.pause(second);
  const ids = [1, 2].map(() => box.ask(first, { type: "get", name: nameOf("k"), options: {} }));
  box.pass(100);
  expect(ids.map((id) => box.answer(id)?.ok)).toEqual([true, true]);
  expect(
    new Set(seen.messages.filter(({ type, from }) => type.endsWith("Reply") && from !== second).map(({ from }) => from)),
  ).toEqual(new Set([third]));
});

test("whoever is asked later may take as long to answer as who was asked at once", () => {
  const seen = world("v");
  const { box, owners } = seen;
  const [first, second, third] = owners as [string, string, string];
  box.hears = (from, to, { type }) =>
    from === to || from === first || !(type.endsWith("Reply") && [second, third].includes(from));
  box.ask(first, { type: "get", name: nameOf("k"), options: {} });
  const before = box.events.length;
  box.pass(200);
  const lost = box.events
    .slice(before)
    .flatMap(({ node, event }) => (node === first && event.type === "reachability" ? [event] : []));
  expect(lost.map(({ member }) => member)).toHaveLength(1);
});

test("nothing is what enough owners have to say; who has more says it later", () => {
  const seen = world("v");
  const { box, owners, outsider } = seen;
  forget(seen, owners[0] as string);
  forget(seen, owners[1] as string);
  const found = [1, 2, 3].map(() => box.values(outsider, "k"));
  expect(found).toContainEqual(["v"]);
  box.pass(300);
  expect(box.values(outsider, "k", { r: "all" })).toEqual(["v"]);
  expect(Object.keys(box.copies("k")).sort()).toEqual([...owners].sort());
});

test("without read repair nobody is compared with", () => {
  const box = new Box(five, { antiEntropy: false, readRepair: false });
  box.put("n1", "k", "v");
  const types: string[] = [];
  box.onMessage = ({ type }) => void types.push(type);
  for (const member of five) box.get(member, "k");
  box.pass(1000);
  expect(types).not.toContain("compare");
});
