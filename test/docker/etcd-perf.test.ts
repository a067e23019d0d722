// Shows that etcd's own check of a cluster's speed passes, by whichever node, and that all nodes hold the same afterwards.
import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";
import { TestCluster } from "../support/cli.js";
import { etcdctlHashes } from "../support/etcdctl-hashes.js";

let cluster: TestCluster;
let addresses: readonly string[];
beforeAll(async () => {
  cluster = await TestCluster.create();
  await cluster.up();
  addresses = (await cluster.status()).nodes.map(({ address }) => address ?? "");
});
afterAll(() => cluster.destroy());

/** 50 clients and 150 puts a second for a minute: etcdctl decides by throughput, the slowest put, and their deviation. */
test("etcdctl check perf --load=s", { timeout: 120_000 }, async () => {
  const args = ["--endpoints", addresses.join(","), "check", "perf", "--load=s"];
  const { exitCode, stdout, stderr } = await execa("etcdctl", args, { env: { ETCDCTL_API: "3" }, reject: false });
  expect({ exitCode, failures: `${stdout}\n${stderr}`.match(/FAIL.*/g) }).toEqual({ exitCode: 0, failures: null });
  expect(stdout).toMatch(/PASS: Throughput is 1\d\d writes\/s/);
  const hashes = await etcdctlHashes(addresses);
  expect(hashes).toHaveLength(3);
  expect(new Set(hashes).size).toBe(1);
});
