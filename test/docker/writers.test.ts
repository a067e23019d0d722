// Shows that three writers lose no acknowledged write while the leader is paused, killed and cut off in turn for a minute.
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createStoreClient } from "../../src/cluster/store-client.js";
import type { StoreClient } from "../../src/cluster/store-client.js";
import { docker, eventually, TestCluster } from "../support/cli.js";

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await TestCluster.create("nodes: 3\nstore: { design: raft, snapshot_entries: 500 }\n");
  await cluster.up();
});
afterAll(() => cluster.destroy());

const durationMs = 60_000;

async function clientOf(node: string): Promise<StoreClient> {
  const { address } = await cluster.node(node);
  const [host = "", port = ""] = (address ?? "").split(":");
  return createStoreClient(node, { host, port: Number(port) });
}

/** Writes one key after another to its own node until told to stop; gives those that were acknowledged. */
async function write(writer: string, node: string, stop: AbortSignal): Promise<ReadonlyMap<string, string>> {
  const acknowledged = new Map<string, string>();
  let client = await clientOf(node);
  for (let i = 0; !stop.aborted; i++) {
    const key = `${writer}/${i}`;
    try {
      await client.put(key, `value of ${key}`);
      acknowledged.set(key, `value of ${key}`);
      await sleep(5);
    } catch {
      await sleep(100);
      // a killed node comes back on another port
      client = await clientOf(node);
    }
  }
  return acknowledged;
}

test("no acknowledged write is missing on any node", { timeout: 240_000 }, async () => {
  const stop = new AbortController();
  const writers = ["n1", "n2", "n3"].map((node, i) => write(`w${i + 1}`, node, stop.signal));
  const endsAt = Date.now() + durationMs;
  const hurt = [
    async (leader: string) => {
      await cluster.json("chaos", "pause", leader, "--for", "4s");
    },
    async (leader: string) => {
      await docker("kill", cluster.container(leader));
      await sleep(2000);
      await docker("start", cluster.container(leader));
    },
    async (leader: string) => {
      await cluster.json("chaos", "partition", `isolate ${leader}`, "--for", "4s");
    },
  ];
  const hit: string[] = [];
  for (let i = 0; Date.now() < endsAt; i++) {
    const leader = await cluster.leader();
    if (leader !== undefined) {
      await hurt[i % hurt.length]?.(leader);
      hit.push(leader);
    }
    await sleep(5000);
  }
  stop.abort();
  const acknowledged = new Map((await Promise.all(writers)).flatMap((one) => [...one]));
  await cluster.json("chaos", "heal");

  expect(hit.length).toBeGreaterThanOrEqual(6);
  expect(acknowledged.size).toBeGreaterThan(500);
  await eventually("all nodes hold the same data", 30_000, async () => {
    const { nodes } = await cluster.status("--hash");
    return nodes.every(({ store }) => store !== null && store.hash === nodes[0]?.store?.hash);
  });
  for (const node of ["n1", "n2", "n3"]) {
    const client = await clientOf(node);
    const missing: string[] = [];
    for (const [key, value] of acknowledged) if ((await client.get(key))?.value !== value) missing.push(key);
    expect(missing, `missing on ${node}`).toEqual([]);
  }
});
