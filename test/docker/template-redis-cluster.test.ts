// Shows the redis-cluster template with Redis itself: a replica takes the slots of a master that is cut off, and leads it once it is back.
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../support/cli.js";
import { TemplateCluster } from "../support/template-cluster.js";

let redis: TemplateCluster;
beforeAll(async () => {
  redis = await TemplateCluster.create("redis-cluster", "REDIS_IMAGE", {
    name: "redis-cluster",
    packages: ["redis-server", "redis-tools"],
  });
});
afterAll(() => redis.destroy());

/** The master of the first third of the slots, as this node knows it. */
async function firstMaster(asked: string): Promise<string | undefined> {
  return /,(\S+) \S*master\b.* 0-5460$/m.exec(await redis.exec(asked, "redis-cli", "cluster", "nodes"))?.[1];
}

test("up boots six nodes and makes a cluster of them", async () => {
  await redis.cluster.up();
  expect(await firstMaster("redis-6")).toBe("redis-1");
  // a key of the first third
  expect(await redis.exec("redis-3", "redis-cli", "-c", "set", "greeting", "hello")).toBe("OK");
});

test("a replica takes over from a master that is cut off, and leads it once it is back", async () => {
  await redis.chaos("isolate", "redis-1", "--for", "1m");
  await eventually("another has its slots", 20_000, async () => ![undefined, "redis-1"].includes(await firstMaster("redis-2")));
  expect(await redis.saidSinceFault()).toContainEqual(expect.stringContaining("Failover election won: I'm the new master."));
  await redis.chaos("heal");
  await eventually("it follows", 20_000, async () => (await redis.exec("redis-1", "redis-cli", "role")).startsWith("slave"));
  // it takes the cluster for down until it has heard of the others again
  const read = (): Promise<string> => redis.exec("redis-1", "redis-cli", "-c", "get", "greeting");
  await eventually("it leads to what was written", 20_000, async () => (await read()) === "hello");
});

test("smoke finds nothing wrong with it, under its own scenario as well", async () => {
  expect(await redis.smokeTroubles()).toEqual([]);
});
