// Members come, go, are replaced and lost while clients read and write at every node: no request fails, no read misses what was acknowledged, and in the end
// exactly the owners have every key, all of them the same.
import { expect, test, vi } from "vitest";
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
function checkAtRest(world: MovingWorld): void {
  world.isLoaded = false;
  world.pass(15_000);
  expect([world.failed, world.stale]).toEqual([[], []]);
  const [first = ""] = world.nodes.keys();
  const all = world.copies();
  for (const [key, { acknowledged }] of world.keys) {
    const copies = all.get(key) ?? new Map<string, number>();
    expect([key, copies.size, new Set(copies.values()).size]).toEqual([
      key,
      acknowledged === 0 ? 0 : 3,
      acknowledged === 0 ? 0 : 1,
    ]);
    world.read(first, key);
  }
  world.pass(500);
  expect(world.stale).toEqual([]);
  for (const { node } of world.nodes.values()) expect([...node.hints.values()]).toEqual([]);
}

function loaded(seed: number): MovingWorld {
  const world = new MovingWorld(five, 60, seed);
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
