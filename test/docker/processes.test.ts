// Shows on a real engine that nodes are killed, stopped, restarted, made to crash and limited as asked, and that all of it is undone exactly.
import { afterAll, beforeAll, expect, test } from "vitest";
import { docker, eventually, TestCluster } from "../support/cli.js";
import { conditionOf, limitsOf } from "../support/node-condition.js";

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await TestCluster.create("nodes: 3\n");
  await cluster.up();
});
afterAll(() => cluster.destroy());

const inspect = (node: string, format: string): Promise<string> => docker("inspect", "--format", format, cluster.container(node));
const status = (node: string): Promise<string> => inspect(node, "{{.State.Status}}");
const startedAt = (node: string): Promise<string> => inspect(node, "{{.State.StartedAt}}");
const heal = (): Promise<unknown> => cluster.json("chaos", "heal");

async function allReady(): Promise<void> {
  await eventually("all nodes are ready", 20_000, async () =>
    (await cluster.status()).nodes.every(({ health }) => health === "ready"),
  );
}

test("a killed node stays down, also when somebody starts it, until its time is up", async () => {
  await cluster.json("chaos", "kill", "n1", "--for", "6s");
  expect(await inspect("n1", "{{.State.Status}} {{.State.ExitCode}}")).toBe("exited 137");
  await docker("start", cluster.container("n1"));
  await eventually("it is down again", 4000, async () => (await status("n1")) === "exited");
  await eventually("it runs again", 15_000, async () => (await status("n1")) === "running");
  expect(await cluster.json("chaos", "ls")).toEqual({ faults: [], links: [] });
  await allReady();
});

test("a stopped node ends in order; `chaos start` ends the fault for it and leaves the others down", async () => {
  await cluster.json("chaos", "stop", "n2,n3", "--until-healed");
  expect(await Promise.all(["n2", "n3"].map((node) => inspect(node, "{{.State.Status}} {{.State.ExitCode}}")))).toEqual([
    "exited 0",
    "exited 0",
  ]);
  expect(await cluster.json("chaos", "start", "n2")).toEqual({ started: ["n2"] });
  expect([await status("n2"), await status("n3")]).toEqual(["running", "exited"]);
  const { faults } = await cluster.json<{ faults: readonly { description: string }[] }>("chaos", "ls");
  expect(faults).toMatchObject([{ description: "stop n3" }]);
  await heal();
  await allReady();
});

test("a signal that a program does not die of is refused, and nothing stays", async () => {
  const { exitCode, stderr } = await cluster.run("chaos", "kill", "n1", "--signal", "HUP", "--for", "30s");
  expect(exitCode).toBe(3);
  expect(stderr).toContain("n1 survived SIGHUP");
  expect(await status("n1")).toBe("running");
  expect(await cluster.json("chaos", "ls")).toEqual({ faults: [], links: [] });
});

test("restart is over when it is answered; a crash loop goes on until it is healed, and leaves the node running", async () => {
  const before = await startedAt("n1");
  await cluster.json("chaos", "restart", "n1");
  expect(await startedAt("n1")).not.toBe(before);
  expect(await cluster.json("chaos", "ls")).toEqual({ faults: [], links: [] });

  await cluster.json("chaos", "crash-loop", "n2", "--every", "2s", "--for", "60s");
  const starts = new Set([await startedAt("n2")]);
  await eventually("it crashed three times", 30_000, async () => starts.add(await startedAt("n2")).size >= 3);
  await heal();
  expect(await status("n2")).toBe("running");
  await allReady();
});

test("the agent is killed while a node is down and while it is away the time runs out: the node runs as soon as it is back", async () => {
  await cluster.json("chaos", "kill", "n1", "--for", "2s");
  await docker("kill", cluster.container("chaos"));
  await new Promise((resolve) => setTimeout(resolve, 2500));
  expect(await status("n1")).toBe("exited");
  await docker("start", cluster.container("chaos"));
  await eventually("n1 runs again", 5000, async () => (await status("n1")) === "running");
  await allReady();
});

test("cpu and memory limits are back to their exact values", async () => {
  await docker("update", "--cpus", "1.5", "--memory", "400m", "--memory-swap", "600m", cluster.container("n1"));
  const ids = await Promise.all(["n1", "n2"].map((node) => inspect(node, "{{.Id}}")));
  const limits = () => Promise.all(ids.map(limitsOf));
  const before = await limits();
  expect(before.map((files) => Object.keys(files).length >= 3)).toEqual([true, true]);

  await cluster.json("chaos", "cpu", "n1,n2", "--cpus", "0.25", "--for", "60s");
  await cluster.json("chaos", "memory", "n1,n2", "--limit", "300mb", "--for", "60s");
  const [n1 = {}, n2 = {}] = await limits();
  expect([n1["cpu.cfs_quota_us"] ?? n1["cpu.max"]?.split(" ")[0], n1["memory.limit_in_bytes"] ?? n1["memory.max"]]).toEqual([
    "25000",
    String(300 * 1024 ** 2),
  ]);
  expect(n2["memory.limit_in_bytes"] ?? n2["memory.max"]).toBe(String(300 * 1024 ** 2));

  const tooLittle = await cluster.run("chaos", "memory", "n2", "--limit", "6mb", "--for", "60s");
  // the second version kills instead of refusing
  expect([0, 3]).toContain(tooLittle.exitCode);
  await heal();
  expect(await limits()).toEqual(before);
  await allReady();
});

test("a killed, a stopped and a limited node under a crash loop leave nothing when the cluster is taken down", async () => {
  await cluster.json("chaos", "kill", "n1", "--until-healed");
  await cluster.json("chaos", "stop", "n2", "--until-healed");
  await cluster.json("chaos", "cpu", "n3", "--cpus", "0.5", "--until-healed");
  await cluster.json("chaos", "crash-loop", "n3", "--every", "1s", "--until-healed");
  expect((await conditionOf(cluster.container("n1"))).status).toBe("exited");
  await cluster.json("down", "--volumes", "--cluster", cluster.name);
  expect(await cluster.remains()).toEqual([]);
});
