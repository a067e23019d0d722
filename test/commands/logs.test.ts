// Shows `logs`: one story of all nodes and the agent, its filters, its forms, following until interrupted, and plain text without a terminal.
import { expect, test, vi } from "vitest";
import type { LogRecord } from "../../src/core/log-record.js";
import { FakeWorld } from "../support/fake-world.js";

async function booted(): Promise<FakeWorld> {
  const world = await FakeWorld.create();
  await world.json("up");
  return world;
}

function records(stdout: string): readonly LogRecord[] {
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as LogRecord);
}

test("--json gives every record of every node, one a line, in the order of their stamps", async () => {
  const world = await booted();
  await world.json("chaos", "pause", "n2", "--for", "1m");
  const { exitCode, stdout } = await world.run("logs", "--json");
  expect(exitCode).toBe(0);
  const all = records(stdout);
  expect(all.map(({ ts }) => ts)).toEqual(all.map(({ ts }) => ts).sort());
  const events = (node: string): readonly string[] => all.filter((one) => one.node === node).map(({ event }) => event);
  for (const node of ["n1", "n2", "n3"]) expect(events(node)).toEqual(["environment-read", "node-started"]);
  expect(events("chaos")).toEqual(["agent-started", "fault-applied"]);
  expect(all[0]).toMatchObject({ cluster: "demo", stream: "stdout", seq: 1 });
});

test.each([
  [
    ["--node", "n2"],
    ["n2 environment-read", "n2 node-started"],
  ],
  [
    ["--node", "n2,chaos", "--level", "info"],
    ["chaos agent-started", "n2 node-started"],
  ],
  [["--level", "info", "--grep", "^listens$", "--node", "n1"], ["n1 node-started"]],
  [["--tail", "1", "--node", "n3"], ["n3 node-started"]],
  [["--since", "1h", "--node", "n3", "--tail", "0"], []],
] as const)("logs %j --json", async (flags, expected) => {
  const world = await booted();
  const { stdout } = await world.run("logs", ...flags, "--json");
  expect(
    stdout === ""
      ? []
      : records(stdout)
          .map(({ node, event }) => `${node} ${event}`)
          .sort(),
  ).toEqual(expected);
});

test("people see info and above, without colour where no terminal is", async () => {
  const world = await booted();
  const { stdout } = await world.run("logs", "--node", "n1");
  expect(stdout).toMatch(/^\S+ +n1 +info +listens +member=1\n$/i);
  vi.stubEnv("FORCE_COLOR", "1");
  expect((await world.run("logs", "--node", "n1")).stdout).toContain("\u001b[");
  vi.stubEnv("NO_COLOR", "1");
  expect((await world.run("logs", "--node", "n1")).stdout).toBe(stdout);
  vi.unstubAllEnvs();
});

test("-f goes on with what comes, over a node's restart, until it is interrupted", async () => {
  const world = await booted();
  const running = world.run("logs", "-f", "--json", "--node", "n1,chaos", "--level", "info");
  await new Promise((resolve) => setTimeout(resolve, 200));
  await world.engine.stopContainer("devious.demo.n1", 1000);
  await world.engine.startContainer("devious.demo.n1");
  await new Promise((resolve) => setTimeout(resolve, 500));
  process.emit("SIGINT", "SIGINT");
  const { exitCode, stdout } = await running;
  expect(exitCode).toBe(130);
  const told = records(stdout).filter(({ node }) => node === "n1");
  expect(told.map(({ event }) => event)).toEqual(["node-started", "node-stopping", "node-started"]);
  expect(told.map(({ seq }) => seq)).toEqual([2, 3, 5]);
});

test.each([
  [["--node", "n9"], 'has no node "n9"'],
  [["--since", "yesterday"], '"yesterday" is neither a duration nor a time'],
  [["--grep", "("], "("],
  [["--level", "loud"], "level"],
  [["--tail", "-1"], "tail"],
] as const)("logs %j is refused with 64", async (flags, said) => {
  const world = await booted();
  const { exitCode, stdout, stderr } = await world.run("logs", ...flags);
  expect(stderr).toContain(said);
  expect({ exitCode, stdout }).toEqual({ exitCode: 64, stdout: "" });
});
