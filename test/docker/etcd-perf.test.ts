// Shows that etcd's own check of a cluster's speed passes, by whichever node, and that all nodes hold the same afterwards.
import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";
import { TestCluster } from "../support/cli.js";

let cluster: TestCluster;
let endpoints: string;
beforeAll(async () => {
  cluster = await TestCluster.create();
  await cluster.up();
  endpoints = (await cluster.status()).nodes.map(({ address }) => address).join(",");
});
afterAll(() => cluster.destroy());

const etcdctl = (...args: readonly string[]) =>
  execa("etcdctl", ["--endpoints", endpoints, ...args], { env: { ETCDCTL_API: "3" }, reject: false });

/** 50 clients and 150 puts a second for a minute: etcdctl decides by throughput, the slowest put, and their deviation. */
test("etcdctl check perf --load=s", { timeout: 120_000 }, async () => {
  const { exitCode, stdout, stderr } = await etcdctl("check", "perf", "--load=s");
  expect({ exitCode, failures: `${stdout}\n${stderr}`.match(/FAIL.*/g) }).toEqual({ exitCode: 0, failures: null });
  expect(stdout).toMatch(/PASS: Throughput is 1\d\d writes\/s/);
  const hashes = JSON.parse((await etcdctl("endpoint", "hashkv", "-w", "json")).stdout) as readonly {
    readonly HashKV: { readonly hash: number };
  }[];
  expect(hashes).toHaveLength(3);
  expect(new Set(hashes.map(({ HashKV }) => HashKV.hash)).size).toBe(1);
});
