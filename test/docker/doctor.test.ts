// Shows that doctor finds out on a real engine what faults stand on, through the agent or a container of its own, and leaves nothing behind.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Finding } from "../../src/cluster/doctor/finding.js";
import { TestCluster, docker, rulesIn, runCli } from "../support/cli.js";

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await TestCluster.create("nodes: 1\n");
  await cluster.up();
});
afterAll(() => cluster.destroy());

async function findings(): Promise<ReadonlyMap<string, Finding>> {
  const { findings: found } = await cluster.json<{ readonly findings: readonly Finding[] }>("doctor");
  return new Map(found.map((finding) => [finding.what, finding]));
}

const ofKernel = ["partitions", "delays", "links", "inbound", "jitter", "pause", "inotify"];

test("the agent and a container of its own find the same, and both are clean afterwards", async () => {
  const byAgent = await findings();
  expect(await rulesIn(cluster.container("chaos"))).toEqual([]);
  await cluster.json("down", "--volumes");
  const byContainer = await findings();
  for (const what of ofKernel) {
    expect(byAgent.get(what)).toBeDefined();
    expect(byContainer.get(what)).toEqual(byAgent.get(what));
  }
  // what the other tests of this tier rest on
  expect(byContainer.get("partitions")).toMatchObject({ state: "ok", says: expect.stringMatching(/^by (nft|iptables), IPv4/) });
  expect(byContainer.get("pause")).toMatchObject({ state: "ok" });
  expect(await docker("ps", "-aq", "--filter", "label=devious.look")).toBe("");
});

test("it says how the engine was found, and what it has left", async () => {
  const found = await findings();
  expect(found.get("engine")).toMatchObject({
    state: "ok",
    says: expect.stringMatching(/^Docker \S+ \(API .* kernel .*\) at \S+ \(from .+\)$/),
  });
  expect(found.get("subnets")?.says).toMatch(/\d/);
  expect(found.get("disk")?.says).toMatch(/\d+ [GM]iB free/);
});

test("a cluster whose folder is gone is named, with the command that removes it", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "devious-gone-"));
  const name = path.basename(folder).toLowerCase();
  await docker(
    "network",
    "create",
    "--label",
    `devious.cluster=${name}`,
    "--label",
    `devious.owner=${folder}`,
    `devious.${name}`,
  );
  try {
    await rm(folder, { recursive: true });
    const { stdout } = await cluster.run("doctor");
    expect(stdout).toContain(`cluster ${name}: its folder ${folder} is gone`);
    expect(stdout).toContain("devious gc");
  } finally {
    await docker("network", "rm", `devious.${name}`);
  }
});

test("without an engine it says where it looked, and leaves with 3", async () => {
  const { exitCode, stdout } = await runCli(["doctor"], cluster.folder, { DOCKER_HOST: "unix:///nonexistent.sock" });
  expect(stdout).toContain("No Docker engine answers at unix:///nonexistent.sock (from DOCKER_HOST");
  expect(exitCode).toBe(3);
});
