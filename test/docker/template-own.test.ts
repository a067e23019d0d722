// Shows the templates of own services, built and booted: three of each in the order of what they need, cut in two; and one service that counts in the store.
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ClusterStatus, NodeStatus } from "../../src/cluster/status.js";
import { docker, eventually, TestCluster } from "../support/cli.js";
import { importNodeImage, nodeProgram } from "../support/node-image.js";
import { smokeTroubles } from "../support/template-cluster.js";

const image = `devious-test/node:${process.pid}`;
let cluster: TestCluster;

beforeAll(async () => {
  // in the manner of Docker's own: `node` is on the PATH
  await importNodeImage(image, [`ENV PATH=${path.dirname(nodeProgram)}`, "ENTRYPOINT []"]);
  process.env["NODE_IMAGE"] = image;
  cluster = await TestCluster.create();
  await cluster.json("init", "--template", "three-of-each", "--name", cluster.name);
  // delays are for kernels with netem: test/guest/links.test.ts measures them
  const spec = path.join(cluster.folder, "devious.yaml");
  const text = await readFile(spec, "utf8");
  await writeFile(spec, text.slice(0, text.indexOf("  # one way, once")));
});
afterAll(async () => {
  await cluster.destroy();
  await docker("rmi", "-f", image, ...["api", "worker"].map((service) => `devious-${cluster.name}-${service}`));
  // built side by side they were two, of which the next build needs but one
  await docker("image", "prune", "--force", "--filter", `label=devious.built=${cluster.folder}`);
});

async function nodes(): Promise<readonly NodeStatus[]> {
  return (await cluster.status<ClusterStatus>()).nodes;
}

/** A request to a node that publishes 8080; rejects where it is not answered with 200. */
async function ask(node: string, method: string, route: string): Promise<unknown> {
  const address = (await nodes()).find((one) => one.node === node)?.ports["8080"];
  const answer = await fetch(`http://${address}${route}`, { method });
  if (!answer.ok) throw new Error(`${node} answered ${answer.status} ${await answer.text()}`);
  return answer.json();
}

async function done(node: string, id: string): Promise<string | undefined> {
  const job = ((await ask(node, "GET", "/jobs")) as Readonly<Record<string, string>>)[id];
  return /^done by (.*)$/.exec(job ?? "")?.[1];
}

test("nine containers are booted in the order in which they need each other", async () => {
  await cluster.up();
  const all = await nodes();
  expect(all.map(({ node, health }) => `${node} ${health}`).sort()).toEqual(
    ["api", "kv", "worker"].flatMap((service) => [1, 2, 3].map((index) => `${service}-${index} ready`)),
  );
  const begun = (service: string): readonly number[] =>
    all.filter((one) => one.service === service).map(({ startedAt }) => Date.parse(startedAt ?? ""));
  expect(Math.max(...begun("kv"))).toBeLessThan(Math.min(...begun("api")));
  expect(Math.max(...begun("api"))).toBeLessThan(Math.min(...begun("worker")));
  // built from one folder: the images are what they were
  expect((await cluster.up()).steps).toEqual([]);
});

test("a job that one node takes is done by a worker, and told by any node", async () => {
  const { id } = (await ask("api-1", "POST", "/jobs")) as { readonly id: string };
  await eventually("the job is done", 10_000, async () => (await done("api-3", id)) !== undefined);
  expect(await done("api-2", id)).toMatch(/^worker-[123]$/);
});

test("cut in two, the zone with most of the store goes on, and the other one says that it cannot", async () => {
  await cluster.json("chaos", "partition", "eu | us", "--cluster", cluster.name);
  // a leader that was in eu has a successor first
  let id = "";
  await eventually("us takes a job", 15_000, async () => {
    id = await ask("api-2", "POST", "/jobs").then(
      (taken) => (taken as { readonly id: string }).id,
      () => "",
    );
    return id !== "";
  });
  await eventually("a worker of us does it", 10_000, async () => /^worker-[23]$/.test((await done("api-2", id)) ?? ""));
  await expect(ask("api-1", "POST", "/jobs")).rejects.toThrow("503 no node of the store answers");
  await cluster.json("chaos", "heal", "--cluster", cluster.name);
  await eventually("eu knows of it", 15_000, async () => (await done("api-1", id).catch(() => undefined)) !== undefined);
});

test("smoke finds nothing wrong with three-of-each, under its own scenario as well", async () => {
  await cluster.json("down", "--volumes", "--cluster", cluster.name);
  expect(await smokeTroubles(cluster)).toEqual([]);
});

test("own-image builds a service that counts in the store, whoever leads it, and smoke finds nothing wrong", async () => {
  const own = await TestCluster.create();
  try {
    await own.json("init", "--template", "own-image", "--name", own.name);
    await own.up();
    const { nodes: all } = await own.status<ClusterStatus>();
    const visits = `http://${all.find(({ node }) => node === "api-1")?.address}/visits`;
    const visit = async (): Promise<string> => (await fetch(visits, { method: "POST" })).text();
    expect([await visit(), await visit()]).toEqual(["1\n", "2\n"]);
    await own.json("chaos", "pause", "kv-1", "--cluster", own.name);
    await eventually("it counts without the first node of the store", 15_000, async () => (await visit()) === "3\n");
    await own.json("down", "--volumes", "--cluster", own.name);
    expect(await smokeTroubles(own)).toEqual([]);
  } finally {
    await own.destroy();
    await docker("rmi", "-f", `devious-${own.name}-api`);
  }
});
