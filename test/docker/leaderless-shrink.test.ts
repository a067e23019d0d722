// Shows on a real engine that `up` makes a ring smaller while nodes that are to go are down, and that a node which an operator let leave has ended well and joins again where `up` wants it.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ClusterStatus } from "../../src/cluster/status.js";
import { eventually, TestCluster } from "../support/cli.js";

const keys = Array.from({ length: 8 }, (_, i) => `shop/k${i}`);

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await TestCluster.create("nodes: 5\nstore: leaderless\n");
  await cluster.up();
  await Promise.all(keys.map((key) => cluster.json("put", key, key)));
});
afterAll(() => cluster.destroy());

async function nodes(): Promise<readonly string[]> {
  const status = await cluster.status<ClusterStatus>();
  return status.nodes.map(({ node, state, health }) => `${node} ${state} ${health}`);
}

async function expectAll(): Promise<void> {
  for (const key of keys) expect((await cluster.run("get", key)).stdout.trim()).toBe(key);
}

test("two nodes go that are down, and nothing is lost", async () => {
  await cluster.json("chaos", "kill", "n4,n5", "--for", "10m");
  const { steps } = await cluster.up("--nodes", "3");
  expect(steps).toEqual([expect.stringMatching("let n4 leave"), expect.stringMatching("let n5 leave")]);
  expect(await nodes()).toEqual(["n1", "n2", "n3"].map((node) => `${node} running ready`));
  await expectAll();
});

test("a node that has left by a command of an operator is down until `up` lets it join again", async () => {
  await cluster.json("ring", "leave", "n3");
  await cluster.json("ring", "commit");
  await eventually("n3 has ended", 30_000, async () => (await nodes()).some((node) => node.startsWith("n3 exited")));
  const { steps } = await cluster.up("--nodes", "3");
  expect(steps).toEqual(["create n3 and let it join store"]);
  expect(await nodes()).toEqual(["n1", "n2", "n3"].map((node) => `${node} running ready`));
  await expectAll();
});
