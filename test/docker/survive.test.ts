// Shows that while four faults are active, a restart of the node, of the agent, and of nothing leaves the same faults in force: measured.
import { afterAll, beforeAll, expect, test } from "vitest";
import { docker, eventually, TestCluster } from "../support/cli.js";
import { listenForDatagrams, sendDatagrams } from "../support/datagrams.js";
import { findNode } from "../support/guest/engine-view.js";
import { type Condition, conditionOf } from "../support/node-condition.js";

const names = ["n1", "n2", "n3"];
const probePort = 7777;
let cluster: TestCluster;
let before: readonly unknown[];

beforeAll(async () => {
  cluster = await TestCluster.create("nodes: 3\n");
  await cluster.up();
  await cluster.json("chaos", "partition", "n1 | n2,n3", "--for", "10m");
  await cluster.json("chaos", "slow", "n3", "--rate", "2mbit", "--direction", "from", "--for", "10m");
  await cluster.json("chaos", "cpu", "n1", "--cpus", "0.9", "--for", "10m");
  await cluster.json("chaos", "disk", "n1,n3", "--slow", "5ms", "--for", "10m");
  before = [await conditions(), await listed(), await matrix()];
});
afterAll(() => cluster.destroy());

/** Node -> from whom datagrams arrive there. */
async function matrix(): Promise<Readonly<Record<string, readonly string[]>>> {
  const nodes = await Promise.all(names.map(async (name) => ({ name, ...(await findNode(cluster.name, name)) })));
  const listeners = await Promise.all(nodes.map(({ pid }) => listenForDatagrams(pid, [probePort])));
  try {
    await Promise.all(
      nodes.map(({ pid, host }) => {
        const hosts = nodes.filter((node) => node.host !== host).map((node) => node.host);
        return sendDatagrams(pid, { hosts, port: probePort, count: 3 });
      }),
    );
    const heard = await Promise.all(listeners.map((listener) => listener.arrived()));
    const senders = heard.map((counts) =>
      nodes.filter(({ host }) => (counts[`${host} ${probePort}`] ?? 0) > 0).map(({ name }) => name),
    );
    return Object.fromEntries(names.map((name, index) => [name, senders[index] ?? []]));
  } finally {
    for (const listener of listeners) listener.close();
  }
}

async function conditions(): Promise<readonly Condition[]> {
  return Promise.all(names.map((name) => conditionOf(cluster.container(name))));
}

/** The faults, without what passes. */
async function listed(): Promise<unknown> {
  const { faults } = await cluster.json<{ faults: readonly { id: string; description: string; troubles: unknown }[] }>(
    "chaos",
    "ls",
  );
  return faults.map(({ id, description, troubles }) => ({ id, description, troubles }));
}

test.each<[string, () => Promise<unknown>]>([
  ["nothing", async () => undefined],
  ["the agent", () => docker("kill", cluster.container("chaos")).then(() => docker("start", cluster.container("chaos")))],
  ["a node", () => docker("restart", "-t", "0", cluster.container("n1"))],
  ["a node and the agent", () => docker("restart", "-t", "0", cluster.container("n3"), cluster.container("chaos"))],
])("a restart of %s", async (_, restart) => {
  expect(before[2]).toEqual({ n1: [], n2: ["n3"], n3: ["n2"] });
  await restart();
  await eventually(
    "every node is as before",
    15_000,
    async () => JSON.stringify(await conditions()) === JSON.stringify(before[0]),
  );
  expect([await conditions(), await listed(), await matrix()]).toEqual(before);
});

test("one heal of all of them leaves nothing", async () => {
  await cluster.json("chaos", "heal");
  const after = await conditions();
  expect(after.map(({ rules }) => rules)).toEqual([[], [], []]);
  expect(after.map(({ limits }) => limits["cpu.cfs_quota_us"] ?? limits["cpu.max"]?.split(" ")[0])).toEqual(
    after.map(({ limits }) => ("cpu.max" in limits ? "max" : "-1")),
  );
  expect(await matrix()).toEqual({ n1: ["n2", "n3"], n2: ["n1", "n3"], n3: ["n1", "n2"] });
});
