// Shows that `down` leaves nothing of a cluster, whatever happened to it before, and that a failing `up` says why and cleans up.
import { afterEach, expect, test } from "vitest";
import { docker, eventually, startCli, TestCluster } from "../support/cli.js";

const made: TestCluster[] = [];
afterEach(async () => {
  for (const cluster of made.splice(0)) await cluster.destroy();
});

async function create(spec = "nodes: 3\n"): Promise<TestCluster> {
  const cluster = await TestCluster.create(spec);
  made.push(cluster);
  return cluster;
}

/** Takes the name of one node's container, so that `up` cannot make it. */
async function squat(cluster: TestCluster, node: string): Promise<void> {
  const image = (await docker("images", "devious/node", "--format", "{{.Repository}}:{{.Tag}}")).split("\n")[0] ?? "";
  await docker("create", "--name", cluster.container(node), image);
}

test("a failed up names the node, takes down what it made, and down finds nothing", async () => {
  const warm = await create("nodes: 1\n");
  await warm.up();
  const cluster = await create();
  await squat(cluster, "n2");
  try {
    const ran = await cluster.run("up", "--name", cluster.name);
    expect(ran.exitCode).toBe(3);
    expect(ran.stderr).toContain("n2");
    expect(ran.stderr).not.toContain("    at ");
    expect(await cluster.remains()).toEqual([]);
    expect((await cluster.run("up", "--name", cluster.name, "--keep")).exitCode).toBe(3);
    expect(await cluster.remains()).not.toEqual([]);
    await cluster.json("down", "--volumes", "--cluster", cluster.name);
    expect(await cluster.remains()).toEqual([]);
  } finally {
    await docker("rm", "-f", cluster.container("n2"));
  }
});

test("an up that does not get ready names node, check and last log lines, within its time", async () => {
  const cluster = await create();
  const startedAt = Date.now();
  const ran = await cluster.run("up", "--name", cluster.name, "--timeout", "1ms");
  expect(Date.now() - startedAt).toBeLessThan(30_000);
  expect(ran.exitCode).toBe(3);
  expect(ran.stderr).toMatch(/n\d was not ready after 1ms: .+/);
  expect(await cluster.remains()).toEqual([]);
});

test("an interrupted up leaves nothing and exits with 130", async () => {
  const cluster = await create();
  const cli = startCli(["up", "--name", cluster.name], cluster.folder);
  await eventually("the network is there", 10_000, async () => (await cluster.remains()).length > 0);
  cli.kill("SIGINT");
  const { exitCode } = await cli;
  expect(exitCode).toBe(130);
  expect(await cluster.remains()).toEqual([]);
});

test.each([250, 450, 650])(
  "after an up that was killed %i ms after its start, the next one boots the cluster",
  async (afterMs) => {
    const cluster = await create();
    const cli = startCli(["up", "--name", cluster.name], cluster.folder);
    await new Promise((resolve) => setTimeout(resolve, afterMs));
    cli.kill("SIGKILL");
    await cli;
    await cluster.up();
    expect((await cluster.status()).nodes.map(({ health, store }) => [health, store?.voters.length])).toEqual([
      ["ready", 3],
      ["ready", 3],
      ["ready", 3],
    ]);
  },
);

test("down after paused nodes, a container removed by hand and a foreign one in our network, twice", async () => {
  const cluster = await create();
  await cluster.up();
  await cluster.json("chaos", "pause", "n1", "--for", "60s");
  await docker("pause", cluster.container("n2"));
  await docker("rm", "-f", cluster.container("n3"));
  const foreign = `${cluster.container("foreign")}`;
  const image = await docker("inspect", "--format", "{{.Config.Image}}", cluster.container("n1"));
  await docker(
    "run",
    "-d",
    "--name",
    foreign,
    "--network",
    `devious.${cluster.name}`,
    image,
    "node",
    "-e",
    "setInterval(() => 0, 1000)",
  );
  try {
    await cluster.json("down", "--volumes", "--cluster", cluster.name);
    expect(await cluster.remains()).toEqual([]);
    // not ours: left alone
    expect(await docker("inspect", "--format", "{{.State.Running}}", foreign)).toBe("true");
    await cluster.json("down", "--volumes", "--cluster", cluster.name);
    expect(await cluster.remains()).toEqual([]);
  } finally {
    await docker("rm", "-f", foreign);
  }
});
