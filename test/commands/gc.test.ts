// Shows what `gc` takes for litter and removes, and what it leaves: clusters of killed runs, of folders that are gone, halves, old images.
import { mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { type Made, formatMade } from "../../src/cluster/made.js";
import { FakeWorld } from "../support/fake-world.js";

interface Collected {
  readonly removed: readonly { readonly name: string; readonly why: string }[];
  readonly left: Collected["removed"];
  readonly failed: Collected["removed"];
}

const host = { name: "here", boot: "1", pids: "" };
const run: Made = { at: "2026-11-20T10:00:00.000Z", host, process: { pid: 7, started: "70" }, lasts: "process", base: null };

/** What a run would leave that is killed while it makes its cluster. */
async function leave(world: FakeWorld, name: string, made: Made, owner = world.folder): Promise<void> {
  const labels = { "devious.cluster": name, "devious.owner": owner, "devious.made": formatMade(made) };
  await world.engine.createNetwork(`devious.${name}`, labels);
}

async function namesLeft(world: FakeWorld): Promise<readonly string[]> {
  return (await world.engine.listNetworks(["devious.cluster"])).map(({ name }) => name).sort();
}

test("nothing is litter where nothing is, and where a cluster is up", async () => {
  const world = await FakeWorld.create("nodes: 1\n");
  expect(await world.run("gc")).toMatchObject({ exitCode: 0, stdout: "nothing to remove\n" });
  await world.json("up");
  expect((await world.run("gc", "--all-runs")).stdout).toBe("nothing to remove\n");
});

test("the clusters of killed runs go, in whatever folder; one whose process runs stays", async () => {
  const world = await FakeWorld.create("nodes: 1\n");
  world.running.set(8, "80");
  await leave(world, "dead", run, "/builds/other");
  await leave(world, "alive", { ...run, process: { pid: 8, started: "80" } });
  await leave(world, "again", { ...run, process: { pid: 8, started: "79" } });
  const why = "the run that made it, process 7, was killed";
  const dry = await world.run("gc", "--dry-run");
  expect(dry.stdout).toContain(`would remove cluster dead   ${why}\n`);
  expect(await namesLeft(world)).toEqual(["devious.again", "devious.alive", "devious.dead"]);
  const { removed, left } = await world.json<Collected>("gc");
  expect(removed.map(({ name }) => name)).toEqual(["cluster again", "cluster dead"]);
  expect(left).toEqual([]);
  expect(await namesLeft(world)).toEqual(["devious.alive"]);
});

test("an image goes that was built for a folder that is gone, not one that may be built upon again", async () => {
  const world = await FakeWorld.create("services: { api: { build: ./api, nodes: 1 } }", { facts: { local: true } });
  const context = path.join(world.folder, "api");
  await mkdir(context);
  await writeFile(path.join(context, "Dockerfile"), "FROM scratch\n");
  await world.json("up", "--no-wait");
  await world.json("down");
  expect((await world.json<Collected>("gc")).removed.map(({ name }) => name)).not.toContain("image devious-demo-api");
  await rm(world.folder, { recursive: true });
  await world.enter("elsewhere");
  const { removed } = await world.json<Collected>("gc");
  expect(removed).toContainEqual({ name: "image devious-demo-api", why: "its folder ~/demo is gone" });
  expect(await world.engine.listImages("devious.built")).toEqual([]);
});

test("what cannot be seen from here stays, unless --all-runs says that nobody needs it", async () => {
  const world = await FakeWorld.create("nodes: 1\n");
  await world.json("up", "--isolated");
  await leave(world, "far", { ...run, host: { ...host, name: "runner-5" } });
  const { removed, left } = await world.json<Collected>("gc");
  expect(removed).toEqual([]);
  expect(left).toEqual([
    { name: expect.stringMatching(/^cluster demo-[a-z2-7]{6}$/), why: expect.stringContaining("it was made by `up --isolated`") },
    { name: "cluster far", why: expect.stringContaining("it is of a run on runner-5, whose processes cannot be seen from here") },
  ]);
  await world.json("gc", "--all-runs");
  expect(await world.remains()).toEqual([]);
});

test("--older-than leaves what is young", async () => {
  const world = await FakeWorld.create("nodes: 1\n");
  await leave(world, "old", run);
  await leave(world, "young", { ...run, at: new Date(Date.now() - 60_000).toISOString() });
  const { removed, left } = await world.json<Collected>("gc", "--older-than", "1h");
  expect(removed).toMatchObject([{ name: "cluster old" }]);
  expect(left).toMatchObject([{ name: "cluster young", why: expect.stringMatching(/, 1m\d?s? old$/) }]);
});

test("a cluster whose folder is gone goes, data and all", async () => {
  const world = await FakeWorld.create("nodes: 1\n", { facts: { local: true, arch: "riscv64" } });
  await world.json("up");
  const gone = world.folder;
  await world.enter("elsewhere");
  expect((await world.run("gc")).stdout).toBe("nothing to remove\n");
  await rm(gone, { recursive: true });
  const { removed } = await world.json<Collected>("gc");
  expect(removed).toEqual([{ name: "cluster demo", why: "its folder ~/demo is gone" }]);
  expect(await world.remains()).toEqual([]);
});

test("half a cluster is litter once the `up` that was making it is gone", async () => {
  const world = await FakeWorld.create("nodes: 1\n");
  const half: Made = { ...run, process: { pid: 8, started: "80" }, lasts: "down" };
  await leave(world, "half", half);
  world.running.set(8, "80");
  expect((await world.run("gc")).stdout).toBe("nothing to remove\n");
  world.running.clear();
  const { removed } = await world.json<Collected>("gc");
  expect(removed).toEqual([{ name: "cluster half", why: "it has a network and no nodes" }]);
});

test("`up` does not grow on what a killed run has left: that is removed first", async () => {
  const world = await FakeWorld.create("nodes: 1\n");
  await leave(world, "demo", run, "/builds/other");
  const { exitCode, stderr } = await world.run("up");
  expect(exitCode).toBe(0);
  expect(stderr).toContain("demo was left by a run that has ended, process 7: it is removed first\n");
  expect((await world.run("gc", "--all-runs")).stdout).toBe("nothing to remove\n");
});

test("`up` keeps away from the cluster of a run that goes on", async () => {
  const world = await FakeWorld.create("nodes: 1\n");
  world.running.set(7, "70");
  await leave(world, "demo", run);
  expect(await world.run("up")).toMatchObject({
    exitCode: 3,
    stderr: expect.stringContaining('The name "demo" is held by the cluster of a run, process 7.'),
  });
});
