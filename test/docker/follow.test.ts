// Shows on a real cluster that the merged log is in stamp order, holds the faults, and that following it survives a node's restart.
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { LogRecord } from "../../src/core/log-record.js";
import { docker, eventually, startCli, TestCluster } from "../support/cli.js";

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await TestCluster.create();
  await cluster.up();
});
afterAll(() => cluster.destroy());

function parse(stdout: string): readonly LogRecord[] {
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as LogRecord);
}

test("logs -f over restarts: every node's sequence numbers have no hole and no repeat", async () => {
  const cli = startCli(["logs", "-f", "--json", "--cluster", cluster.name], cluster.folder);
  await sleep(1000);
  await docker("restart", "-t", "1", cluster.container("n2"));
  await cluster.json("chaos", "partition", "isolate n3", "--for", "1s");
  await docker("kill", cluster.container("n1"));
  await docker("start", cluster.container("n1"));
  await eventually("all are back", 20_000, async () => (await cluster.status()).nodes.every(({ health }) => health === "ready"));
  await sleep(2000);
  cli.kill("SIGINT");
  const { exitCode, stdout } = await cli;
  expect(exitCode).toBe(130);

  const records = parse(stdout);
  for (const node of ["n1", "n2", "n3", "chaos"]) {
    const own = records.filter((record) => record.node === node && record.stream !== "engine");
    expect(own.length).toBeGreaterThan(0);
    expect(own.map(({ seq }) => seq)).toEqual(own.map((_, i) => i + 1));
    expect(own.filter(({ flags }) => flags?.includes("gap"))).toEqual([]);
  }
  expect(records.filter(({ node, event }) => node === "n2" && event === "node-started")).toHaveLength(2);
  const died = records
    .filter(({ event }) => event === "container-died")
    .map(({ node, fields }) => `${node} ${String(fields["exitCode"])}`);
  expect(died).toEqual(["n2 0", "n1 137"]);
  expect(records.at(-1)).toMatchObject({ event: "log-read", fields: { gaps: 0 } });
});

test("what was said is read again in stamp order, faults inline", async () => {
  const { stdout } = await cluster.run("logs", "--json", "--cluster", cluster.name);
  const records = parse(stdout);
  const stamps = records.map(({ ts }) => ts);
  expect(stamps).toEqual([...stamps].sort());
  const faults = records.filter(({ node }) => node === "chaos").map(({ event }) => event);
  expect(faults).toEqual(expect.arrayContaining(["fault-applied", "fault-healed"]));
});

test("people see aligned lines without control characters, filtered by node, level and text", async () => {
  const { stdout } = await cluster.run("logs", "--node", "n1,n2", "--grep", "leader", "--tail", "5", "--cluster", cluster.name);
  const lines = stdout.split("\n");
  expect(lines.length).toBeGreaterThan(0);
  // with a bar where a fault touched the node at that time
  for (const line of lines) expect(line).toMatch(/^\d\d:\d\d:\d\d\.\d{3} n[12] +(?:[┏┗┣┃│+] )?info .+/u);
});
