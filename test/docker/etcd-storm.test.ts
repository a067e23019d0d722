// Shows that nothing that was acknowledged is lost, and nothing seen twice or out of order, under 32 clients, watchers and leaseholders, while leaders are killed, paused and cut off, and while a majority loses its power.
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkLinearizability } from "../../src/check/linearizability.js";
import { kv } from "../../src/check/models/kv.js";
import { createPrng } from "../../src/core/prng.js";
import { docker, eventually, TestCluster } from "../support/cli.js";
import { etcdctlHashes } from "../support/etcdctl-hashes.js";
import { base64, fromBase64, GatewayClient, revisionOf } from "../support/storm/gateway-client.js";
import type { Json } from "../support/storm/gateway-client.js";
import { holdLeases, leasesPrefix } from "../support/storm/leaseholders.js";
import { watchFaults } from "../support/storm/watch-log.js";
import { Watcher } from "../support/storm/watchers.js";
import { write, writersPrefix } from "../support/storm/writers.js";

/** Two minutes are what is promised; a run of all tests has not that long. */
const stormMs = Number(process.env["DEVIOUS_STORM_SECONDS"] ?? 30) * 1000;
const killEveryMs = 5000;
const downMs = 1500;
const seed = 20_251_121;
const clients = 32;
const patienceMs = 30_000;

let cluster: TestCluster;
/** Where each node is published now. */
const ports = new Map<string, number>();
beforeAll(async () => {
  // snapshots, and members that need one, are part of it
  cluster = await TestCluster.create("nodes: 3\nstore: { design: raft, snapshot_entries: 500 }\n");
  await cluster.up();
  await findPorts();
});
afterAll(() => cluster.destroy());

async function findPorts(): Promise<void> {
  const { nodes } = await cluster.status();
  for (const { node, address } of nodes) if (address !== null) ports.set(node, Number(address.split(":")[1]));
}

async function standing(prefix: string): Promise<ReadonlyMap<string, string>> {
  const gateway = new GatewayClient(ports);
  try {
    const body = { key: base64(prefix), range_end: base64(`${prefix.slice(0, -1)}0`) };
    const answer = await gateway.call("n1", "/v3/kv/range", body);
    if (answer.type !== "done") throw new Error(answer.why);
    const kvs = (answer.body["kvs"] ?? []) as readonly Json[];
    return new Map(kvs.map(({ key, value }) => [fromBase64(key), fromBase64(value)]));
  } finally {
    gateway.close();
  }
}

/** Every storm begins with no key at all; resolves to the revision of that. */
async function clear(): Promise<number> {
  const gateway = new GatewayClient(ports);
  try {
    const answer = await gateway.call("n1", "/v3/kv/deleterange", { key: base64("\0"), range_end: base64("\0") });
    if (answer.type !== "done") throw new Error(answer.why);
    return revisionOf(answer.body);
  } finally {
    gateway.close();
  }
}

/** Hurts the cluster until the time is over, beside clients of all kinds, then waits for quiet and judges what they saw. */
async function storm(durationMs: number, hurt: (signal: AbortSignal) => Promise<void>) {
  const from = (await clear()) + 1;
  const over = AbortSignal.timeout(durationMs);
  const prng = createPrng(seed);
  const watchers = [0, 1, 2].map((at) => new Watcher(ports, writersPrefix, from, at));
  const leaseWatcher = new Watcher(ports, leasesPrefix, from, 0);
  const watching = [...watchers, leaseWatcher].map((watcher) => watcher.run());
  const writing = write({ ports, clients, keys: 64, seed, thinkMsMax: 40 }, over);
  const holding = Array.from({ length: 6 }, (_, at) =>
    holdLeases(ports, { name: `h${at}`, prng: prng.fork(), heldMsMax: 8000 }, over),
  );
  await hurt(over);
  const { operations, puts, wentBack } = await writing;
  const held = (await Promise.all(holding)).flat();
  await findPorts();
  await eventually("every node is ready", patienceMs, async () =>
    (await cluster.status()).nodes.every(({ health }) => health === "ready"),
  );
  await findPorts();

  const end = await standing(writersPrefix);
  const last = Math.max(...puts.map(({ revision }) => revision ?? 0));
  await eventually("every watcher has seen the last put", patienceMs, () =>
    Promise.resolve(watchers.every(({ log }) => (log.at(-1)?.revision ?? 0) >= last)),
  );
  await eventually("all leases have ended", patienceMs, async () => (await standing(leasesPrefix)).size === 0);
  await eventually("their ends are seen", patienceMs, () =>
    Promise.resolve(held.every(({ key }) => leaseWatcher.deletedAtMs.has(key))),
  );
  for (const watcher of [...watchers, leaseWatcher]) watcher.close();
  await Promise.all(watching);

  const seen = new Map(watchers.map(({ log }, at) => [`watcher ${at}`, log]));
  expect(watchFaults({ seen, puts, standing: end })).toEqual([]);
  expect(wentBack).toEqual([]);
  expect(checkLinearizability(operations, kv, { stepsMax: 50_000_000 })).toMatchObject({ verdict: "ok" });
  const early = held.filter(({ key, promisedUntilMs }) => (leaseWatcher.deletedAtMs.get(key) ?? 0) < promisedUntilMs);
  expect(early).toEqual([]);
  await expectEqualHashes();
  const acknowledged = operations.filter(({ type }) => type === "ok").length;
  return { acknowledged, held: held.length, streams: watchers.reduce((sum, { streams }) => sum + streams, 0) };
}

async function expectEqualHashes(): Promise<void> {
  const hashes = await etcdctlHashes([...ports.values()].map((port) => `127.0.0.1:${port}`));
  expect(new Set(hashes).size).toBe(1);
  expect(hashes).toHaveLength(3);
}

/** Sooner if the storm is over. */
async function pass(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}

describe("clients of all kinds", () => {
  test("a leader killed every 5 s", { timeout: stormMs + 180_000 }, async () => {
    let kills = 0;
    const seen = await storm(stormMs, async (signal) => {
      while (!signal.aborted) {
        await pass(killEveryMs - downMs, signal);
        const leader = await cluster.leader();
        if (leader === undefined) continue;
        kills++;
        await docker("kill", cluster.container(leader));
        await pass(downMs, signal);
        await docker("start", cluster.container(leader));
        await findPorts();
      }
    });
    expect(kills).toBeGreaterThanOrEqual(Math.floor(stormMs / killEveryMs / 2));
    expect(seen.acknowledged).toBeGreaterThan(clients * 20);
    expect(seen.held).toBeGreaterThan(6);
    expect(seen.streams).toBeGreaterThan(3);
  });

  test("a leader paused, and a leader cut off, in turn", { timeout: 180_000 }, async () => {
    const seen = await storm(24_000, async (signal) => {
      for (let turn = 0; !signal.aborted; turn++) {
        await pass(2000, signal);
        const leader = await cluster.leader();
        if (leader === undefined) continue;
        const fault = turn % 2 === 0 ? ["pause", leader] : ["partition", `isolate ${leader}`];
        await cluster.json("chaos", ...fault, "--for", "4s");
        await pass(4000, signal);
      }
    });
    expect(seen.acknowledged).toBeGreaterThan(clients * 20);
  });

  test("the power of two of three nodes is cut, with all that was not synced", { timeout: 180_000 }, async () => {
    await cluster.json("chaos", "disk", "all", "--lose-unsynced", "--for", "10m");
    const seen = await storm(15_000, async (signal) => {
      for (const pair of [
        ["n1", "n2"],
        ["n2", "n3"],
        ["n1", "n3"],
      ]) {
        await pass(4000, signal);
        await docker("kill", ...pair.map((node) => cluster.container(node)));
        await docker("start", ...pair.map((node) => cluster.container(node)));
        await findPorts();
      }
    });
    await cluster.json("chaos", "heal");
    expect(seen.acknowledged).toBeGreaterThan(clients * 10);
  });
});
