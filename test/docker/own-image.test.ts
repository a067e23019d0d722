// Shows a cluster of an image of the user's on a real engine: booted, led, hurt with care for zones and protection, rebuilt, gone.
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createPrng } from "../../src/core/prng.js";
import { buildFault } from "../../src/chaos/wish.js";
import { parseTarget } from "../../src/chaos/target.js";
import { askAgent } from "../../src/cluster/agent-client.js";
import { clusterFacts } from "../../src/cluster/facts.js";
import { observeCluster } from "../../src/cluster/observe.js";
import { resolveEngineAddress } from "../../src/engine/docker/address.js";
import { createDockerEngine } from "../../src/engine/docker/docker-engine.js";
import { docker, eventually, runCli, TestCluster } from "../support/cli.js";
import { importNodeImage, nodeProgram } from "../support/node-image.js";

const image = `own-image-test-${process.pid}:dev`;

/** Leads where its name ends in 2, says so at /role, and is in no hurry to listen. */
const server = (greeting: string): string => `
  const role = require("os").hostname().endsWith("-2") ? "leader" : "follower";
  const answer = (request, response) => response.end(request.url === "/role" ? "role: " + role : "${greeting}");
  setTimeout(() => require("http").createServer(answer).listen(8080), 200);
  console.log("serves as " + role);
  process.on("SIGTERM", () => process.exit(0));
`;

/** It calls itself healthy once it listens. */
async function buildImage(greeting: string): Promise<void> {
  const check = "require('net').connect(8080).on('error', () => process.exit(1)).on('connect', () => process.exit(0))";
  await importNodeImage(image, [
    `CMD ${JSON.stringify(["-e", server(greeting)])}`,
    `HEALTHCHECK --interval=1s CMD ${JSON.stringify([nodeProgram, "-e", check])}`,
  ]);
}

const spec = `
services:
  api:
    image: ${image}
    nodes: 3
    ports: [8080]
    environment: { GREETING: "hello" }
    roles: { http: { port: 8080, path: /role, leader: "^role: leader$" } }
    protect: [api-1]
  kv: { store: raft, nodes: 1, protect: true }
  other:
    image: ${image}
    nodes: 1
    roles: { exec: ["${process.execPath}", -e, "console.log('it is ' + os.hostname())"], leader: other-1$ }
    protect: true
network:
  zones: { eu: [api-1, kv], us: [api-2, api-3] }
`;

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await TestCluster.create(spec);
});
afterAll(async () => {
  await cluster.destroy();
  await docker("rmi", "-f", image);
});

const engine = createDockerEngine(resolveEngineAddress(process.env));
const address = async (node: string): Promise<string> => (await cluster.node(node)).address ?? "";

test("an image that neither the engine nor a registry has is told once, before anything is made", async () => {
  const { exitCode, stderr } = await cluster.run("up", "--name", cluster.name);
  expect(exitCode).toBe(3);
  // which of the two is the case hangs on where the test runs
  const why = "(no registry answers at docker.io|docker.io has none of this name, or shows it only to whom it knows)";
  expect(stderr.match(new RegExp(`The image ${image} of the services api, other cannot be pulled: ${why}\\.`, "g"))).toHaveLength(
    1,
  );
  expect(await cluster.remains()).toEqual([]);
});

test("up boots it, and is done when every node is healthy and listens", async () => {
  await buildImage("hello");
  await cluster.up();
  const { nodes } = await cluster.status();
  expect(nodes.map(({ node, health, role }) => `${node} ${health} ${role}`)).toEqual([
    "api-1 ready follower",
    "api-2 ready leader",
    "api-3 ready follower",
    "kv-1 ready leader",
    "other-1 ready leader",
  ]);
  expect(await (await fetch(`http://${await address("api-3")}/`)).text()).toBe("hello");
  expect((await cluster.up()).steps).toEqual([]);
});

test("leader is whom the probe finds", async () => {
  const { fault } = await cluster.json<{ fault: { nodes: string[] } }>(
    "chaos",
    "pause",
    "leader(api)",
    "--cluster",
    cluster.name,
  );
  expect(fault.nodes).toEqual(["api-2"]);
  expect(await docker("inspect", "--format", "{{.State.Status}}", cluster.container("api-2"))).toBe("paused");
  expect(await cluster.node("api-2")).toMatchObject({ state: "paused", role: null });
  await cluster.json("chaos", "heal", "--cluster", cluster.name);
  // the image's own health check failed meanwhile, and has to look again
  await eventually("api-2 is ready again", 30_000, async () => (await cluster.node("api-2")).health === "ready");
  expect(await cluster.node("api-2")).toMatchObject({ role: "leader" });
});

test("a partition between zones cuts images and store alike", async () => {
  await cluster.json("chaos", "partition", "eu | us", "--cluster", cluster.name);
  const reaches = (from: string, to: string): Promise<number | undefined> => {
    const code = `require('net').connect({host:'${to}',port:${to.startsWith("kv") ? 2379 : 8080},timeout:700})
      .on('connect',()=>process.exit(0)).on('error',()=>process.exit(1)).on('timeout',()=>process.exit(1))`;
    const run = ["exec", from, "--cluster", cluster.name, "--", process.execPath, "-e", code];
    return cluster.run(...run).then(({ exitCode }) => exitCode);
  };
  expect(await Promise.all([reaches("api-2", "api-3"), reaches("api-1", "kv-1")])).toEqual([0, 0]);
  expect(await Promise.all([reaches("api-2", "api-1"), reaches("api-3", "kv-1")])).toEqual([1, 1]);
  await cluster.json("chaos", "heal", "--cluster", cluster.name);
  expect(await reaches("api-2", "api-1")).toBe(0);
});

test("chance keeps to the zone asked for and away from the protected, whatever the seed", async () => {
  const facts = await clusterFacts(engine, await observeCluster(engine, cluster.name), false);
  const drawn = (target: string): readonly string[] => {
    const hit = new Set<string>();
    for (let seed = 0; seed < 300; seed++) {
      const fault = buildFault({ kind: "pause", target: parseTarget(target) }, facts, createPrng(seed));
      if (fault.kind === "pause") for (const node of fault.nodes) hit.add(node);
    }
    return [...hit].sort();
  };
  expect(drawn("random")).toEqual(["api-2", "api-3"]);
  expect(drawn("random(us)")).toEqual(["api-2", "api-3"]);
  expect(() => drawn("random(eu)")).toThrow("protected");
});

test("a clock fault is refused for it, and the sentence says why", async () => {
  const facts = await clusterFacts(engine, await observeCluster(engine, cluster.name), false);
  const wish = { kind: "clock", target: parseTarget("api-1"), trouble: { skewMs: 1000, jumpMs: 0, driftPercent: 0 } } as const;
  expect(() => buildFault(wish, facts, createPrng(1))).toThrow("all processes of a machine share its clock");
});

test("a node that a fault keeps down is as asked, and up says which fault it is", async () => {
  const { agent } = await observeCluster(engine, cluster.name);
  const fault = { kind: "kill", nodes: ["api-3"], signal: "KILL" } as const;
  await askAgent(engine, agent?.id ?? "", { op: "apply", fault, durationMs: 120_000, seed: null, verify: false });
  const { exitCode, stdout, stderr } = await cluster.run("up", "--name", cluster.name);
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0, stderr: expect.stringContaining("api-3 stays down: kill api-3 (") });
  expect(stdout).toContain("nothing to do");
  expect(await cluster.node("api-3")).toMatchObject({ state: "exited" });
  await askAgent(engine, agent?.id ?? "", { op: "start", nodes: ["api-3"] });
  expect(await cluster.node("api-3")).toMatchObject({ state: "running" });
});

test("what it says is in the logs, and keys are asked of the store alone", async () => {
  expect((await cluster.run("logs", "--node", "api-2", "--cluster", cluster.name)).stdout).toContain("serves as leader");
  expect(await cluster.json("put", "k", "v", "--cluster", cluster.name)).toMatchObject({ key: "k" });
  const refused = await cluster.run("get", "k", "--node", "api-1", "--cluster", cluster.name);
  expect(refused).toMatchObject({ exitCode: 64, stderr: expect.stringContaining("bundled store's") });
});

test("a rebuilt image is taken, one node after another", async () => {
  await buildImage("good day");
  expect((await cluster.up()).steps).toEqual(["api-1", "api-2", "api-3", "other-1"].map((node) => `make ${node} anew`));
  expect(await (await fetch(`http://${await address("api-1")}/`)).text()).toBe("good day");
});

test("a node that ends while it is waited for is named, with its last words", async () => {
  const name = `${cluster.name}-2`;
  const broken = `name: ${name}\nservices: { api: { image: "${image}", nodes: 1, command: [-e, "throw Error('no config')"] } }\n`;
  await writeFile(path.join(cluster.folder, "broken.yaml"), broken);
  const { exitCode, stderr } = await runCli(["up", "broken.yaml"], cluster.folder);
  expect(exitCode).toBe(3);
  expect(stderr).toContain("api-1 exited with code 1 before it was ready.");
  expect(stderr).toContain("no config");
  expect(await docker("ps", "-aq", "--filter", `label=devious.cluster=${name}`)).toBe("");
});

test("down leaves nothing of it", async () => {
  await cluster.json("down", "--volumes", "--cluster", cluster.name);
  expect(await cluster.remains()).toEqual([]);
});
