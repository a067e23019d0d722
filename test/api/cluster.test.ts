// Shows what `import { up } from "devious"` gives: a cluster that is gone when its scope is left, hurt and asked by the commands' own functions.
import { readdir } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { type UpOptions, boot } from "../../src/api/boot.js";
import type { Cluster } from "../../src/api/cluster.js";
import type { SpecInput } from "../../src/spec/schema.js";
import { at, pause, restart } from "../../src/scenario/define.js";
import { FakeWorld } from "../support/fake-world.js";

async function booted(spec?: string | SpecInput, options: UpOptions = {}): Promise<{ world: FakeWorld; cluster: Cluster }> {
  const world = await FakeWorld.create();
  return { world, cluster: await boot(world.context, spec, options) };
}

test("a cluster is up as long as its scope lasts", async () => {
  const world = await FakeWorld.create();
  {
    await using cluster = await boot(world.context, { nodes: 1 }, {});
    expect(cluster.name).toBe("demo");
    expect(cluster.nodes).toMatchObject([{ node: "n1", service: "store", role: "leader", health: "ready" }]);
    expect(cluster.endpoints).toEqual({ "n1:2379": cluster.nodes[0]?.address });
    expect(cluster.environment).toMatchObject({ DEVIOUS_CLUSTER: "demo", DEVIOUS_N1: cluster.nodes[0]?.address });
  }
  expect(await world.remains()).toEqual([]);
});

test("what was up before is left up, and data that was kept is kept", async () => {
  const world = await FakeWorld.create("nodes: 1\n");
  await world.json("up");
  await (await boot(world.context, undefined, {}))[Symbol.asyncDispose]();
  expect(await world.stateOf("n1")).toBe("running");
  await world.json("down");
  await (await boot(world.context, undefined, {}))[Symbol.asyncDispose]();
  expect(await world.remains()).toEqual(["devious.demo.n1.data"]);
});

test("isolated ones are many", async () => {
  const world = await FakeWorld.create();
  const clusters = await Promise.all([1, 2, 3].map(() => boot(world.context, { nodes: 1 }, { isolated: true, name: "many" })));
  expect(new Set(clusters.map(({ name }) => name)).size).toBe(3);
  for (const { name } of clusters) expect(name).toMatch(/^many-[a-z2-7]{6}$/);
  await Promise.all(clusters.map((one) => one.down()));
  expect(await world.remains()).toEqual([]);
});

test("a spec that is wrong says so, all at once", async () => {
  const spec = { nodes: 99, stor: "raft" } as unknown as SpecInput;
  await expect(booted(spec)).rejects.toMatchObject({ code: "SPEC_INVALID", message: "The spec has 2 problems" });
  await expect(booted({ nodes: 1 }, { timeout: "soon" })).rejects.toMatchObject({ code: "USAGE" });
});

test("one that does not get ready throws, and leaves nothing", async () => {
  const world = await FakeWorld.create();
  world.stores.ailments.set("n1", "no-quorum");
  const booting = boot(world.context, { nodes: 1 }, { timeout: 300 });
  const hint = "A longer `timeout` gives it more time; `keep: true` leaves what was made for a closer look.";
  await expect(booting).rejects.toMatchObject({ code: "CLUSTER_NOT_READY", hint });
  expect(await world.remains()).toEqual([]);
});

test("faults are in force when they are returned, and over when healed", async () => {
  const { world, cluster } = await booted({ nodes: 3 });
  {
    await using frozen = await cluster.chaos(pause("n2"), { for: "1m" });
    expect(frozen).toMatchObject({ id: "f1", description: "pause n2" });
    expect(await world.stateOf("n2")).toBe("paused");
    expect((await cluster.status()).faults).toHaveLength(1);
  }
  expect(await world.stateOf("n2")).toBe("running");
  await cluster.chaos(restart("n1"));
  await cluster.chaos(pause("random"), { for: null, seed: 7 });
  await cluster.heal();
  expect((await cluster.status()).faults).toEqual([]);
});

test("a fault that is none is refused in the words of a scenario", async () => {
  const { cluster } = await booted({ nodes: 1 });
  await expect(cluster.chaos({ pauze: { target: "n1" } })).rejects.toMatchObject({ code: "USAGE" });
  await expect(cluster.chaos({ pause: { targt: "n1" } })).rejects.toThrow('pause: unknown key "targt"; did you mean "target"?');
  await expect(cluster.chaos(pause("n1"), { for: 0 })).rejects.toThrow("for: 0 is not a duration");
  await expect(cluster.chaos(pause("n9"))).rejects.toMatchObject({ code: "UNKNOWN_NODE" });
});

test("scenarios run to their end, and tell what came of each fault", async () => {
  const { cluster } = await booted({ nodes: 3 });
  const { outcomes, timeline } = await cluster.run(
    { name: "short", plan: ({ nodes }) => nodes.map(({ name }) => at("10ms", pause(name), { for: "20ms" })) },
    { seed: 3 },
  );
  expect(timeline.seed).toBe(3);
  expect(outcomes.map(({ result }) => result)).toEqual(["done", "done", "done"]);
});

test("logs, commands in nodes and reports are those of the commands", async () => {
  const { world, cluster } = await booted({ nodes: 1 });
  await (await cluster.chaos(pause("n1"))).heal();
  const said: string[] = [];
  for await (const { event } of cluster.logs({ nodes: ["chaos"] })) said.push(event);
  expect(said).toEqual(expect.arrayContaining(["fault-applied", "fault-healed"]));
  expect(await cluster.exec("n1", ["hostname"])).toEqual({ exitCode: 0, stdout: "n1\n", stderr: "" });
  const folder = path.join(world.folder, "report");
  expect((await cluster.collect(folder)).cluster).toBe("demo");
  expect(await readdir(folder)).toContain("manifest.json");
  await cluster.down();
  await expect(cluster.status()).rejects.toMatchObject({ code: "UNKNOWN_CLUSTER" });
});
