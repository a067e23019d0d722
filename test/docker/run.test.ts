// Shows `run` on a real engine: exit codes, nothing left after Ctrl-C, what SIGKILL leaves is found and taken over.
import { readFile } from "node:fs/promises";
import path from "node:path";
import { execa } from "execa";
import { afterAll, expect, test } from "vitest";
import { TestCluster, eventually, runCli, startCli } from "../support/cli.js";

const cluster = await TestCluster.create("nodes: 1\n");
afterAll(() => cluster.destroy());

const asksNode = [
  "node",
  "-e",
  'fetch("http://" + process.env.DEVIOUS_N1 + "/health").then(({ ok }) => process.exit(ok ? 0 : 5))',
];

/** Of a command that is running; it writes it to this file of the cluster's folder. */
async function pidIn(file: string): Promise<number> {
  const read = (): Promise<string> => readFile(path.join(cluster.folder, file), "utf8").catch(() => "");
  await eventually(`${file} is written`, 30_000, async () => (await read()) !== "");
  return Number(await read());
}

/** A zombie has ended, whoever is to look at it. */
async function lives(pid: number): Promise<boolean> {
  const { stdout } = await execa("ps", ["-o", "stat=", "-p", String(pid)], { reject: false });
  return /^[^Z]/.test(stdout.trim());
}

test.each([
  [0, asksNode],
  [1, ["false"]],
  [127, ["devious-no-such-command"]],
] as const)("it leaves with %i, the exit code of its command, and nothing behind", async (exitCode, words) => {
  expect(await cluster.run("run", "--", ...words)).toMatchObject({ exitCode });
  expect(await cluster.remains()).toEqual([]);
});

test("a bad spec is 64, an engine that is gone 3", async () => {
  const bad = await TestCluster.create("nodes: many\n");
  expect((await bad.run("run", "--", "true")).exitCode).toBe(64);
  const gone = await runCli(["run", "--", "true"], cluster.folder, { DOCKER_HOST: "unix:///nonexistent.sock" });
  expect(gone.exitCode).toBe(3);
  await bad.destroy();
});

test("Ctrl-C ends the command, and what it has started, then the cluster: 130 and nothing left", async () => {
  const running = startCli(["run", "--", "sh", "-c", "sleep 300 & echo $! > slept; wait"], cluster.folder);
  const pid = await pidIn("slept");
  running.kill("SIGINT");
  expect((await running).exitCode).toBe(130);
  expect(await cluster.remains()).toEqual([]);
  expect(await lives(pid)).toBe(false);
});

test("Ctrl-C while it boots: 130 and nothing left", async () => {
  const running = startCli(["run", "--", "true"], cluster.folder);
  await eventually("a container is there", 30_000, async () => (await cluster.remains()).length > 1);
  running.kill("SIGINT");
  expect((await running).exitCode).toBe(130);
  expect(await cluster.remains()).toEqual([]);
});

test("what SIGKILL leaves is found by gc, and the next run of its name takes over", async () => {
  const running = startCli(["run", "--", "sh", "-c", "echo $$ > killed; sleep 300"], cluster.folder);
  const pid = await pidIn("killed");
  const found = async (): Promise<readonly { readonly name: string; readonly why: string }[]> => {
    const { removed } = await cluster.json<{ removed: Awaited<ReturnType<typeof found>> }>("gc", "--dry-run");
    return removed.filter(({ name }) => name === `cluster ${cluster.name}`);
  };
  expect(await found()).toEqual([]);
  expect(await cluster.run("run", "--", "true")).toMatchObject({ exitCode: 3, stderr: expect.stringContaining("process") });
  running.kill("SIGKILL");
  // it holds on to our pipes
  process.kill(-pid, "SIGKILL");
  await running;
  expect(await found()).toMatchObject([{ why: expect.stringMatching(/^the run that made it, process \d+, was killed$/) }]);
  const next = await cluster.run("run", "--", ...asksNode);
  expect(next).toMatchObject({ exitCode: 0, stderr: expect.stringContaining("it is removed first") });
  expect(await cluster.remains()).toEqual([]);
});
