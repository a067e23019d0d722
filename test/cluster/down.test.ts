// Shows that `down` which is interrupted while it keeps the logs has done nothing to the cluster and leaves no half of a file.
import { readdir } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { down } from "../../src/cluster/down.js";
import { observeCluster } from "../../src/cluster/observe.js";
import type { Engine } from "../../src/engine/port.js";
import { FakeWorld } from "../support/fake-world.js";

test("an interrupted down leaves the cluster as it was, and no part of an archive", async () => {
  const world = await FakeWorld.create("nodes: 2\n");
  await world.json("up");
  const before = await world.remains();
  const interrupted = new AbortController();
  const engine: Engine = {
    ...world.engine,
    logs: async function* (id, options) {
      yield* world.engine.logs(id, options);
      interrupted.abort();
    },
  };
  const options = {
    volumes: true,
    archive: { version: "0.0.0", at: new Date() },
    hooks: "none" as const,
    signal: interrupted.signal,
    report: () => undefined,
  };
  await expect(down(engine, await observeCluster(engine, "demo"), options)).rejects.toMatchObject({ name: "AbortError" });
  expect(await world.remains()).toEqual(before);
  expect(await Promise.all(["n1", "n2"].map((node) => world.stateOf(node)))).toEqual(["running", "running"]);
  expect(await readdir(path.join(world.folder, ".devious/demo/logs"))).toEqual([]);
});

test("a down that is interrupted later ends before its next step", async () => {
  const world = await FakeWorld.create("nodes: 1\n");
  await world.json("up");
  const interrupted = new AbortController();
  const options = {
    volumes: false,
    archive: null,
    hooks: "none" as const,
    signal: interrupted.signal,
    report: () => interrupted.abort(),
  };
  await expect(down(world.engine, await observeCluster(world.engine, "demo"), options)).rejects.toMatchObject({
    name: "AbortError",
  });
  expect(await world.remains()).toEqual(["devious.demo", "devious.demo.chaos.ledger", "devious.demo.n1", "devious.demo.n1.data"]);
});
