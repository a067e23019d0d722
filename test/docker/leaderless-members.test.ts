// Shows that a node joins the ring of five and another one leaves it under load without one failed request, that no more partitions move than have to, and that nothing is lost.
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ClusterRing } from "../../src/cluster/ring/cluster-ring.js";
import type { RingView } from "../../src/core/ring-contract.js";
import { eventually } from "../support/cli.js";
import { Load } from "../support/riak-load/load.js";
import { RingCluster } from "../support/riak-load/ring-cluster.js";

/** Besides those of the clients. */
const objects = 1000;

let ring: RingCluster;
beforeAll(async () => {
  ring = await RingCluster.up();
});
afterAll(() => ring.destroy());

async function owners(): Promise<ClusterRing["owners"]> {
  return (await ring.cli.json<ClusterRing>("ring")).owners;
}

function moved(before: readonly string[], after: readonly string[]): number {
  return before.filter((owner, partition) => after[partition] !== owner).length;
}

test("join and leave under load", { timeout: 300_000 }, async () => {
  await ring.fill(objects);
  // clients know all nodes: in time the one that joins, and the one that leaves for as long as it owns anything
  const addresses = new Map(ring.addresses);
  const load = new Load({ addresses, clients: 3, seed: 4 });
  await sleep(2000);

  const five = await owners();
  await ring.cli.up("--nodes", "6");
  const six = await owners();
  await ring.lookUp();
  addresses.set("n6", ring.addresses.get("n6") ?? "");
  expect(new Set(six).size).toBe(6);
  expect(moved(five, six)).toBeLessThanOrEqual((1.2 * five.length) / 6);

  await ring.cli.json("ring", "leave", "n2");
  const { plan } = await ring.cli.json<RingView>("ring", "plan");
  const leaving = six.filter((owner) => owner === "n2").length;
  expect(plan?.moves).toBeLessThanOrEqual(1.2 * leaving);
  await ring.cli.json("ring", "commit", plan?.id ?? "");
  await eventually("n2 has left", 120_000, async () => !(await owners()).includes("n2"));
  addresses.delete("n2");
  expect(moved(six, await owners())).toBe(plan?.moves);

  await load.stop();
  expect(load.failures).toEqual([]);
  expect(await ring.check()).toMatchObject({ verdict: "equal", different: [], waiting: [] });
  expect(await load.faults()).toEqual([]);
  expect(await ring.filled()).toBe(objects);
  expect(Math.min(...load.acknowledged)).toBeGreaterThan(20);
});
