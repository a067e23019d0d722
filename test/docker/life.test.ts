// Shows the life of a cluster on a real engine: up from nothing, up again, grown, shrunk, changed, down, up with its data, gone.
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { observeCluster } from "../../src/cluster/observe.js";
import { clusterStatus } from "../../src/cluster/status.js";
import { resolveEngineAddress } from "../../src/engine/docker/address.js";
import { createDockerEngine } from "../../src/engine/docker/docker-engine.js";
import { docker, TestCluster } from "../support/cli.js";

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await TestCluster.create();
});
afterAll(() => cluster.destroy());

test("without a spec, up boots three raft nodes and one of them leads", async () => {
  await cluster.up();
  const { nodes, faults } = await cluster.status();
  expect(nodes.map(({ node, health }) => `${node} ${health}`)).toEqual(["n1 ready", "n2 ready", "n3 ready"]);
  expect(nodes.filter(({ store }) => store?.role === "leader")).toHaveLength(1);
  expect(faults).toEqual([]);
});

test("up again does nothing, and no container is another", async () => {
  const ids = (): Promise<string> => docker("ps", "-q", "--filter", `label=devious.cluster=${cluster.name}`);
  const before = await ids();
  expect((await cluster.up()).steps).toEqual([]);
  expect(await ids()).toBe(before);
});

test("the agent has three capabilities, no privilege and no port", async () => {
  const host = JSON.parse(await docker("inspect", "--format", "{{json .HostConfig}}", cluster.container("chaos"))) as {
    Privileged: boolean;
    CapAdd: string[];
    PortBindings: Record<string, unknown>;
  };
  expect(host.Privileged).toBe(false);
  expect(host.CapAdd.map((one) => one.replace(/^CAP_/, "")).sort()).toEqual(["NET_ADMIN", "SYS_ADMIN", "SYS_PTRACE"]);
  expect(host.PortBindings).toEqual({});
});

test("any node takes any request", async () => {
  expect(await cluster.json("put", "k", "v1", "--node", "n1")).toMatchObject({ key: "k" });
  for (const node of ["n1", "n2", "n3"]) expect(await cluster.json("get", "k", "--node", node)).toMatchObject({ value: "v1" });
  expect(await cluster.json("del", "k", "--node", "n2")).toEqual({ key: "k", deleted: 1 });
  expect((await cluster.run("get", "k", "--node", "n3")).exitCode).toBe(1);
  await cluster.json("put", "stays", "here");
});

test("exec runs in the node and leaves with its exit code", async () => {
  const ran = await cluster.run("exec", "n2", "--", "node", "-e", "console.log(process.env.DEVIOUS_NODE); process.exit(7)");
  expect(ran).toMatchObject({ exitCode: 7, stdout: "n2" });
});

test("more nodes are added, fewer leave, and the data is everywhere", async () => {
  expect((await cluster.up("--nodes", "5")).steps).toEqual([
    "create n4 and let it join store",
    "create n5 and let it join store",
  ]);
  expect((await cluster.node("n4")).store?.voters).toHaveLength(5);
  expect(await cluster.json("get", "stays", "--node", "n5")).toMatchObject({ value: "here" });
  await cluster.up("--nodes", "3");
  expect((await cluster.node("n1")).store?.voters).toEqual(["n1", "n2", "n3"]);
  expect(await cluster.json("get", "stays")).toMatchObject({ value: "here" });
});

test("a changed spec remakes the nodes one by one and keeps their volumes", async () => {
  await writeFile(path.join(cluster.folder, "devious.yaml"), "nodes: 3\nstore: { design: raft, election_timeout: 900ms }\n");
  const { steps } = await cluster.up();
  expect(steps).toEqual(["n1", "n2", "n3"].map((node) => `make ${node} anew, keeping its volume`));
  expect(await cluster.json("get", "stays", "--node", "n2")).toMatchObject({ value: "here" });
});

test("a node that lost its volume comes back as a new member", async () => {
  const before = (await cluster.node("n2")).store?.member;
  await docker("rm", "-f", cluster.container("n2"));
  await docker("volume", "rm", `${cluster.container("n2")}.data`);
  await cluster.up();
  const after = await cluster.node("n2");
  expect(after.store?.member).not.toBe(before);
  expect(after.store?.voters).toHaveLength(3);
  expect(await cluster.json("get", "stays", "--node", "n2")).toMatchObject({ value: "here" });
});

test("status a hundred times changes nothing", async () => {
  const shape = async (): Promise<string> => {
    const { nodes } = await cluster.status();
    return JSON.stringify(nodes.map(({ node, startedAt, store }) => [node, startedAt, store?.term, store?.revision]));
  };
  const before = await shape();
  const engine = createDockerEngine(resolveEngineAddress(process.env));
  const found = await observeCluster(engine, cluster.name);
  for (let i = 0; i < 100; i++) await clusterStatus(engine, found, { withHash: true });
  expect(await shape()).toBe(before);
});

test("down keeps the data, up finds it, down --volumes leaves nothing", async () => {
  await cluster.json("down");
  expect(await cluster.remains()).toEqual(["n1", "n2", "n3"].map((node) => `${cluster.container(node)}.data`));
  await cluster.up();
  expect(await cluster.json("get", "stays")).toMatchObject({ value: "here" });
  await cluster.json("down", "--volumes");
  expect(await cluster.remains()).toEqual([]);
});
