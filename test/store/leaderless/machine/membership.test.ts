// Members come, go, are replaced and lost while clients read and write at every node: no request fails, no read misses what was acknowledged, and in the end
// exactly the owners have every key, all of them the same.
import { expect, test, vi } from "vitest";
import { createPrng } from "../../../../src/core/prng.js";
import type { LeaderlessOptions } from "../../../../src/store/leaderless/machine.js";
import type { Message } from "../../../../src/store/leaderless/messages.js";
import { keysOf } from "../../../../src/store/leaderless/handoff/walk.js";
import type { MemoryStorage } from "./memory-storage.js";
import { MovingWorld } from "./moving-world.js";

vi.setConfig({ testTimeout: 60_000 });

const five = ["n1", "n2", "n3", "n4", "n5"];
const seeds = [1, 2];

function committed(world: MovingWorld, at = "n1"): void {
  const { plan } = world.view(at);
  if (plan === null) throw new Error(world.view(at).planProblem ?? "nothing is staged");
  expect(plan.moves).toBeLessThanOrEqual(1.2 * plan.fewestMoves);
  world.command(at, { command: "commit", plan: plan.id });
}

/** Nobody asks any more, and everything that is still to do is done. */
function checkAtRest(world: MovingWorld, owners = 3): void {
  world.isLoaded = false;
  world.pass(15_000);
  expect([world.failed, world.stale]).toEqual([[], []]);
  const [first = ""] = world.nodes.keys();
  const all = world.copies();
  for (const [key, { acknowledged }] of world.keys) {
    const copies = all.get(key) ?? new Map<string, number>();
    // what is in doubt is everywhere or nowhere
    const isThere = acknowledged > 0 || copies.size > 0;
    expect([key, copies.size, new Set(copies.values()).size]).toEqual([key, isThere ? owners : 0, isThere ? 1 : 0]);
    world.read(first, key);
  }
  world.pass(500);
  expect(world.stale).toEqual([]);
  for (const { node } of world.nodes.values()) expect([...node.hints.values()]).toEqual([]);
}

function loaded(seed: number, options: Partial<LeaderlessOptions> = {}): MovingWorld {
  const world = new MovingWorld(five, 60, seed, options);
  world.until("epochs", () => [...world.nodes.values()].every(({ node }) => node.isReady));
  world.pass(2000);
  return world;
}

test.each(seeds)("seed %i: a node joins", (seed) => {
  const world = loaded(seed);
  world.join("n6");
  world.until("n6 is known", () => world.view("n1").staged.length > 0);
  committed(world);
  world.untilSettled("2@n1");
  expect(world.view("n6").owners.filter((owner) => owner === "n6").length).toBeGreaterThanOrEqual(2);
  checkAtRest(world);
});

test.each(seeds)("seed %i: a node leaves, and ends", (seed) => {
  const world = loaded(seed);
  world.command("n3", { command: "leave", member: "n2" });
  committed(world, "n3");
  world.until("n2 has left", () => !world.nodes.has("n2"));
  world.untilSettled("2@n3");
  expect(world.events).toContainEqual({ node: "n2", event: { type: "left" } });
  expect(world.view("n1").members.map(({ name }) => name)).toEqual(["n1", "n3", "n4", "n5"]);
  checkAtRest(world);
});

test("who owns nothing any more serves the clients that still ask it, but not for good", () => {
  const world = loaded(1);
  const statusOf = (member: string): string | undefined => world.view("n1").members.find(({ name }) => name === member)?.status;
  world.command("n1", { command: "leave", member: "n2" });
  committed(world);
  // whether others ask it as well is a matter of luck
  world.until("n2 is exiting", () => {
    world.read("n2", "k1");
    return statusOf("n2") === "exiting";
  });
  world.isLoaded = false;
  for (let i = 0; i < 16; i++) {
    world.read("n2", "k1");
    world.write("n2", "k2");
    world.pass(500);
  }
  expect([statusOf("n2"), world.failed, world.stale]).toEqual(["exiting", [], []]);
  world.until("n2 has left", () => {
    world.read("n2", "k1");
    return statusOf("n2") === undefined;
  });
  // and those who ask it even now are told so at once
  world.until("n2 refuses", () => {
    world.failed.length = 0;
    world.read("n2", "k1");
    return world.failed.length > 0;
  });
  expect(world.failed).toEqual([expect.stringContaining('"reason":{"type":"overload"}')]);
});

test.each(seeds)("seed %i: one replaces another", (seed) => {
  const world = loaded(seed);
  const before = world.view("n1").owners;
  world.join("n6");
  world.until("n6 is known", () => world.view("n4").members.length === 6);
  world.command("n4", { command: "replace", member: "n5", by: "n6" });
  committed(world, "n4");
  world.until("n5 has left", () => !world.nodes.has("n5"));
  world.untilSettled("2@n4");
  expect(world.view("n1").owners).toEqual(before.map((owner) => (owner === "n5" ? "n6" : owner)));
  checkAtRest(world);
});

test.each(seeds)("seed %i: one is lost and removed by force: others make its copies anew", (seed) => {
  const world = loaded(seed);
  world.isLoaded = false;
  world.pass(1000);
  world.crash("n4");
  world.command("n2", { command: "force-remove", member: "n4" });
  committed(world, "n2");
  world.isLoaded = true;
  world.untilSettled("2@n2");
  expect(world.view("n1").members.map(({ name }) => name)).toEqual(["n1", "n2", "n3", "n5"]);
  // what was asked of the lost one before the others saw that it is
  world.failed.length = 0;
  checkAtRest(world);
});

test.each(seeds)("seed %i: one is lost, and a new one takes its place by force", (seed) => {
  const world = loaded(seed);
  world.join("n6");
  world.until("n6 is known", () => world.view("n2").members.length === 6);
  world.isLoaded = false;
  world.pass(1000);
  const before = world.view("n1").owners;
  world.crash("n4");
  world.command("n2", { command: "force-replace", member: "n4", by: "n6" });
  committed(world, "n2");
  world.isLoaded = true;
  world.untilSettled("2@n2");
  expect(world.view("n1").owners).toEqual(before.map((owner) => (owner === "n4" ? "n6" : owner)));
  world.failed.length = 0;
  checkAtRest(world);
});

test.each([
  [1, "n6"],
  [2, "n6"],
  [1, "n2"],
  [2, "n2"],
])("seed %i: %s ends in the middle of a handoff and starts again", (seed, crashed) => {
  const world = loaded(seed);
  world.join("n6");
  world.until("n6 is known", () => world.view("n1").staged.length > 0);
  committed(world);
  world.until("handoff begins", () => world.events.some(({ event }) => event.type === "handoffBegun"));
  world.crash(crashed);
  world.pass(3000);
  world.restart(crashed);
  world.untilSettled("2@n1");
  world.failed.length = 0;
  checkAtRest(world);
});

test.each(seeds)("seed %i: a cluster grows from one node to four and shrinks to two", (seed) => {
  const world = new MovingWorld(["n1"], 30, seed);
  for (const [i, member] of ["n2", "n3", "n4"].entries()) {
    world.join(member);
    world.until(`${member} is known`, () => world.view("n1").staged.length > 0);
    committed(world);
    world.untilSettled(`${i + 2}@n1`);
  }
  for (const [i, member] of ["n2", "n4"].entries()) {
    world.command("n3", { command: "leave", member });
    committed(world, "n3");
    world.until(`${member} has left`, () => !world.nodes.has(member));
    world.untilSettled(`${i + 5}@n3`);
  }
  checkAtRest(world, 2);
});

/**
 * Loses all that is not waited for, and for each key some of the writes to one of the members: of three owners two have an acknowledged write, and only a quorum
 * that has a member in common with them finds it.
 */
function losing(seed: number): (message: Message) => boolean {
  const prng = createPrng(seed);
  const members = [...five, "n6"];
  return (message) => {
    if (message.type !== "write") return false;
    if (message.wanted === "nothing") return true;
    const unlucky = members[(message.key.charCodeAt(message.key.length - 1) + message.key.length) % members.length];
    return message.to === unlucky && prng.chance(0.3);
  };
}

test.each([1, 2, 3, 4])("seed %i: two owners of three are enough, while a node joins and another leaves", (seed) => {
  const world = loaded(seed, { quorum: "strict", readRepair: false });
  world.loses = losing(seed);
  world.join("n6");
  world.until("n6 is known", () => world.view("n1").staged.length > 0);
  committed(world);
  world.untilSettled("2@n1");
  world.command("n3", { command: "leave", member: "n2" });
  committed(world, "n3");
  world.until("n2 has left", () => !world.nodes.has("n2"));
  world.untilSettled("3@n3");
  world.isLoaded = false;
  world.pass(70_000);
  expect(world.stale).toEqual([]);
});

test.each(seeds)("seed %i: what a new owner loses again before the plan is settled, it gets again", (seed) => {
  const world = loaded(seed, { readRepair: false });
  world.isLoaded = false;
  world.pass(2000);
  world.join("n6");
  world.until("n6 is known", () => world.view("n1").staged.length > 0);
  committed(world);
  const senders = world.view("n1").transfers.map(({ from }) => from);
  const countOf = (member: string): number => senders.filter((from) => from === member).length;
  const [slow] = five.toSorted((a, b) => countOf(b) - countOf(a));
  world.loses = (message) => message.type === "write" && message.from === slow;
  world.until("all others are done", () => {
    const { transfers } = world.view("n2");
    return transfers.length > 0 && transfers.every(({ from, state }) => from === slow || state === "done");
  });
  world.crash("n6");
  world.wipe("n6");
  world.pass(3000);
  world.loses = () => false;
  world.untilSettled("2@n1");
  world.failed.length = 0;
  checkAtRest(world);
});

test.each(seeds)("seed %i: one is lost while it leaves, and is removed by force: nobody waits for what it had", (seed) => {
  const world = loaded(seed);
  world.isLoaded = false;
  world.pass(1000);
  world.command("n3", { command: "leave", member: "n4" });
  committed(world, "n3");
  world.pass(200);
  world.crash("n4");
  world.command("n3", { command: "force-remove", member: "n4" });
  world.command("n3", { command: "commit" });
  world.untilSettled("3@n3");
  expect(world.view("n1").members.map(({ name }) => name)).toEqual(["n1", "n2", "n3", "n5"]);
  checkAtRest(world);
});

test.each(seeds)(
  "seed %i: who commits a forced change has not heard that the plan before is settled: all is handed over",
  (seed) => {
    const world = loaded(seed);
    world.isLoaded = false;
    world.join("n6");
    world.until("n6 is known", () => world.view("n1").staged.length > 0);
    committed(world);
    world.until("n6 knows the plan", () => world.view("n6").nextRing === "2@n1");
    world.loses = (message) => message.type === "gossip" && message.to === "n6";
    world.until("others are done", () => world.view("n2").ring === "2@n1" && world.view("n3").ring === "2@n1");
    world.crash("n4");
    world.command("n6", { command: "force-remove", member: "n4" });
    world.command("n6", { command: "commit" });
    world.loses = () => false;
    world.untilSettled("3@n6");
    checkAtRest(world);
  },
);

test("who has given something away passes writes of it on, but does not say that it keeps them itself: it may own that again", () => {
  const world = loaded(1);
  world.join("n6");
  world.until("n6 is known", () => world.view("n1").staged.length > 0);
  committed(world);
  const { transfers } = world.view("n1");
  world.untilSettled("2@n1");
  world.isLoaded = false;
  world.pass(5000);
  const places = world.nodes.get("n6")?.storage.places() ?? [];
  const moved = transfers.flatMap(({ from, partition }) => {
    const place = places.find((each) => each.kind === "home" && each.partition === partition);
    return from === null || place === undefined ? [] : [{ from, place }];
  });
  const [first] = moved;
  if (first === undefined) throw new Error("nothing has moved");
  const { from: to, place } = first;
  const { storage } = world.nodes.get("n6") as { readonly storage: MemoryStorage };
  const [[key] = ["", 0]] = [...keysOf(storage, place)];
  const object = storage.get(place, key) ?? Buffer.alloc(0);
  const answers: (readonly [request: number, result: string])[] = [];
  world.loses = (message) => {
    if (message.type === "writeReply" && message.to === "n4") answers.push([message.request, message.result]);
    return false;
  };
  for (const [request, wanted] of ["durable", "kept"].entries())
    world.deliver({ type: "write", from: "n4", to, request, place, key, object, wanted: wanted as "durable" | "kept" });
  world.pass(1000);
  expect(answers.filter(([request]) => request <= 1).toSorted(([a], [b]) => a - b)).toEqual([
    [0, "durable"],
    [1, "failed"],
  ]);
});
