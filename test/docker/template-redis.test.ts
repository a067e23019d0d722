// Shows the redis-replication template with Redis itself: Sentinel promotes a replica of an isolated master, and demotes the master once it is back.
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../support/cli.js";
import { TemplateCluster } from "../support/template-cluster.js";

let redis: TemplateCluster;
beforeAll(async () => {
  const packages = ["redis-server", "redis-sentinel", "redis-tools"];
  redis = await TemplateCluster.create("redis-replication", "REDIS_IMAGE", { name: "redis", packages });
});
afterAll(() => redis.destroy());

test("up boots a master, its replicas, and then three Sentinels that can vote", async () => {
  await redis.cluster.up();
  expect(await redis.leaders()).toEqual(["redis-1"]);
  await redis.exec("redis-1", "redis-cli", "set", "greeting", "hello");
  await eventually(
    "a replica has it",
    5000,
    async () => (await redis.exec("redis-3", "redis-cli", "get", "greeting")) === "hello",
  );
});

test("Sentinel fails over from an isolated master, which loses what it took, and is demoted once it is back", async () => {
  // of several services, only that of Redis has a leader
  await redis.chaos("isolate", "leader", "--for", "1m");
  const successor = await redis.successorOf("redis-1", 30_000);
  await redis.exec("redis-1", "redis-cli", "set", "greeting", "nobody hears it");
  await redis.exec(successor, "redis-cli", "set", "greeting", "good day");
  await eventually("all Sentinels say so", 10_000, async () =>
    (await redis.saidSinceFault()).some(
      (line) => line.startsWith("sentinel-") && line.includes(`+switch-master main redis-1 6379 ${successor}`),
    ),
  );

  await redis.chaos("heal");
  await redis.settled(successor, 60_000);
  expect(await redis.exec("redis-1", "redis-cli", "get", "greeting")).toBe("good day");
  expect(await redis.saidSinceFault()).toContainEqual(
    expect.stringMatching(/^sentinel-\d \+convert-to-slave slave redis-1:6379 /),
  );
});

test("smoke finds nothing wrong with it, under its own scenario as well", async () => {
  expect(await redis.smokeTroubles()).toEqual([]);
});
