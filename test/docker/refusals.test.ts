// Shows that bad input gets one clear sentence and the right exit code, and never a stack trace.
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";
import { resolveEngineAddress } from "../../src/engine/docker/address.js";
import { createDockerEngine } from "../../src/engine/docker/docker-engine.js";
import { askAgent } from "../../src/cluster/agent-client.js";
import { observeCluster } from "../../src/cluster/observe.js";
import { runCli, TestCluster } from "../support/cli.js";

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await TestCluster.create("nodes: 3\n");
  await cluster.up();
});
afterAll(() => cluster.destroy());

const refusals: readonly (readonly [args: readonly string[], exitCode: number, sentence: string])[] = [
  [["status", "--cluster", "nosuch"], 64, 'There is no cluster "nosuch".'],
  [["get", "k", "--node", "n9"], 64, 'has no node "n9".'],
  [["exec", "n9", "--", "true"], 64, 'has no node "n9".'],
  [["logs", "--node", "n9"], 64, 'There is no node "n9" in this cluster'],
  [["logs", "--since", "yesterday"], 64, '"yesterday" is neither a duration nor a time'],
  [["logs", "--grep", "("], 64, "("],
  [["chaos", "pause", "n9"], 64, 'no node "n9"'],
  [["chaos", "pause", "n1", "--for", "5"], 64, '"5" has no unit'],
  [["chaos", "pause", "n1", "--for", "5 parsecs"], 64, '"5 parsecs" is not a duration'],
  [["chaos", "pause", "n1,,n2"], 64, "name is missing"],
  [["chaos", "partition", "n1 |"], 64, "one side is empty"],
  [["chaos", "partition", "n1,n2,n3"], 64, "cuts nothing"],
  [["chaos", "delay", "n1", "--time", "10ms", "--jitter", "20ms"], 64, "larger than the delay"],
  [["chaos", "heal", "f99"], 64, "f99"],
  [["up", "nowhere.yaml"], 64, "there is no such file"],
  [["up", "--nodes", "0"], 64, "--nodes must be from 1 to 15, not 0"],
  [["up", "--timeout", "30"], 64, '--timeout: "30" has no unit'],
  [["up", "--nodez", "3"], 64, "--nodez"],
  [["frobnicate"], 64, 'There is no command "frobnicate"'],
  [["chaos", "paus"], 64, 'Did you mean "chaos pause"?'],
  [["put", "k"], 64, "value"],
];

test.each(refusals)("devious %j exits with %i and says: %s", async (args, exitCode, sentence) => {
  const ran = await runCli(args, cluster.folder);
  expect(ran.stderr).toContain(sentence);
  expect(ran.stderr).not.toMatch(/^\s+at /m);
  expect(ran.exitCode).toBe(exitCode);
});

test("with --json the error is an object on stdout, and the exit code stays", async () => {
  const ran = await runCli(["status", "--cluster", "nosuch", "--json"], cluster.folder);
  expect(ran.exitCode).toBe(64);
  expect(JSON.parse(ran.stdout)).toMatchObject({ error: { code: "UNKNOWN_CLUSTER", exitCode: 64 } });
});

test("every problem of a spec comes with its place", async () => {
  await writeFile(path.join(cluster.folder, "bad.yaml"), "nodes: 0\nnme: x\n");
  const ran = await runCli(["up", "bad.yaml"], cluster.folder);
  expect(ran.exitCode).toBe(64);
  expect(ran.stderr).toContain("bad.yaml:1:8 nodes: must be at least 1, not 0");
  expect(ran.stderr).toContain('bad.yaml:2:1 unknown key "nme"; did you mean "name"?');
});

test("no engine is exit code 3 and says where it was looked for", async () => {
  const ran = await runCli(["ls"], cluster.folder, { DOCKER_HOST: "unix:///nonexistent.sock" });
  expect(ran.exitCode).toBe(3);
  expect(ran.stderr).toContain("No Docker engine answers at unix:///nonexistent.sock (from DOCKER_HOST");
});

test("a delay is refused with the fix where the kernel has no netem, and leaves nothing", async () => {
  const engine = createDockerEngine(resolveEngineAddress(process.env));
  const { agent } = await observeCluster(engine, cluster.name);
  const { netem } = await askAgent(engine, agent?.id ?? "", { op: "probe" });
  const ran = await cluster.run("chaos", "delay", "n2", "--time", "100ms", "--for", "10s");
  // where the kernel has it, the guest tier measures the delay itself
  expect(ran.exitCode).toBe(netem ? 0 : 3);
  expect(ran.stderr).toContain(netem ? "" : "This kernel has no netem");
  expect(ran.stderr).toContain(netem ? "" : "modprobe sch_netem");
  await cluster.json("chaos", "heal");
  expect(await cluster.json("chaos", "ls")).toEqual({ faults: [], links: [] });
});

test("links of a spec are refused where the kernel has no netem, with all as before; a rate alone is held", async () => {
  const engine = createDockerEngine(resolveEngineAddress(process.env));
  const { agent } = await observeCluster(engine, cluster.name);
  const { netem } = await askAgent(engine, agent?.id ?? "", { op: "probe" });
  const held = async (link: string) => {
    await writeFile(
      path.join(cluster.folder, "devious.yaml"),
      `nodes: 3\nnetwork: { links: [{ between: [n1, n2], ${link} }] }\n`,
    );
    return cluster.run("up", "--name", cluster.name);
  };
  const rate = await held("rate: 10mbit");
  expect(rate).toMatchObject({ exitCode: 0 });
  const ran = await held("delay: 20ms");
  expect(ran.exitCode).toBe(netem ? 0 : 3);
  expect(ran.stderr).toContain(netem ? "" : "This kernel has no netem (sch_netem), so links cannot be slowed.");
  const { links } = await cluster.json<{ links: readonly { description: string }[] }>("chaos", "ls");
  expect(links.map(({ description }) => description)).toEqual([netem ? "n1 <-> n2 delay 20ms" : "n1 <-> n2 rate 10mbit"]);
});

test("a reader that has seen enough ends logs in silence", async () => {
  const bin = path.resolve("bin/run.js");
  const { stderr } = await execa("bash", ["-c", `${process.execPath} ${bin} logs --level trace | head -1`], {
    cwd: cluster.folder,
  });
  expect(stderr).toBe("");
});
