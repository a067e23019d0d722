// Shows `chaos plan`, `chaos run` and `chaos storm` as they are typed: what they print, keep and refuse, and their exit codes.
import { readFile, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import type { RunResult } from "../../src/cli/run-command.js";
import { faultKinds } from "../../src/scenario/fault-kinds.js";
import { keysOf } from "../../src/scenario/fault-words.js";
import type { Timeline } from "../../src/scenario/timeline.js";
import { FakeWorld, commands } from "../support/fake-world.js";

async function booted(spec = "nodes: 3\n"): Promise<FakeWorld> {
  const world = await FakeWorld.create(spec);
  await world.json("up");
  return world;
}

async function writeScenario(world: FakeWorld, text: string, name = "scenario.yaml"): Promise<void> {
  await writeFile(path.join(world.folder, name), text);
}

const short = `name: short
seed: 7
steps:
  - { name: freeze, at: 10ms, pause: random, for: 50ms }
  - { name: cut, at: 20ms, partition: isolate leader, for: 60ms }
  - { after: freeze.healed, kill: n3, for: 30ms }
`;

/** Times as T, so that the clock of this machine decides nothing. */
function untimed(stdout: string): readonly string[] {
  return stdout.split("\n").map((line) => line.replace(/^ +\d+\.\ds/, "T").replace(/\d{4}-\d\d-\S+Z-/, "TIME-"));
}

test("plan needs no cluster, and gives the same timeline for the same seed", async () => {
  const world = await FakeWorld.create("nodes: 5\n");
  await writeScenario(world, short);
  const first = await world.json<Timeline>("chaos", "plan", "scenario.yaml");
  expect(first).toMatchObject({
    name: "short",
    seed: 7,
    occurrences: [{ id: "freeze" }, { id: "cut" }, { trigger: { step: "freeze" } }],
  });
  expect(first.nodes.map(({ node }) => node)).toEqual(["n1", "n2", "n3", "n4", "n5"]);
  expect(await world.json("chaos", "plan", "scenario.yaml", "--seed", "7", "--nodes", "5")).toEqual(first);
  const chart = await world.run("chaos", "plan", "scenario.yaml", "--nodes", "a,b,n3", "--seed", "1");
  expect(chart).toMatchObject({ exitCode: 0, stderr: "" });
  expect(chart.stdout).toContain("short · seed 1 · nodes a,b,n3\n");
  expect(chart.stdout).toMatch(/10ms for 50ms +freeze: pause \w+ +█/);
});

test("run says what happens, leaves nothing behind, and keeps a record", async () => {
  const world = await booted();
  await writeScenario(world, short);
  const { exitCode, stdout, stderr } = await world.run("chaos", "run", "scenario.yaml");
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  expect(untimed(stdout)).toEqual(
    expect.arrayContaining([
      "short · seed 7 · cluster demo",
      expect.stringMatching(/^T {2}f1 {3}freeze: pause n\d for 50ms$/),
      expect.stringMatching(/^T {2}f2 {3}cut: partition n\d \| n\d,n\d for 60ms$/),
      expect.stringMatching(/^T {2}f1 {3}freeze: over$/),
      expect.stringMatching(/^T {2}f3 {3}kill-\w+: kill n3 for 30ms$/),
      "3 of 3 faults came and went. .devious/demo/runs/TIME-short.json",
    ]),
  );
  expect(await world.json("chaos", "ls")).toMatchObject({ faults: [] });
  const [file = ""] = await readdir(path.join(world.folder, ".devious/demo/runs"));
  expect(file).toMatch(/^\d{4}-\d\d-\d\dT\d{6}\.\d{3}Z-short\.json$/);
  const record = JSON.parse(await readFile(path.join(world.folder, ".devious/demo/runs", file), "utf8")) as RunResult;
  expect(record).toMatchObject({
    version: 1,
    cluster: "demo",
    specHash: expect.stringMatching(/^[0-9a-f]{64}$/),
    scenarioHash: expect.stringMatching(/^[0-9a-f]{64}$/),
    endedAt: expect.any(String),
    timeline: { seed: 7 },
  });
  expect(record.outcomes.map(({ result }) => result)).toEqual(["done", "done", "done"]);
});

test("a replay makes the same faults on the same nodes, whoever leads by then", async () => {
  const world = await booted();
  await writeScenario(world, short);
  const first = await world.json<RunResult>("chaos", "run", "scenario.yaml");
  const again = await world.json<RunResult>("chaos", "run", "--replay", first.file);
  const faults = (run: RunResult): unknown => run.outcomes.map(({ id, plannedMs, fault }) => ({ id, plannedMs, fault })).sort((a, b) => (a.id < b.id ? -1 : 1)); // prettier-ignore
  expect(faults(again)).toEqual(faults(first));
  expect(again.timeline.occurrences.every(({ action, trigger }) => action.by === "plan" && trigger.on === "start")).toBe(true);
});

test("a replay is refused in one sentence where the cluster has not those nodes", async () => {
  const world = await booted();
  await writeScenario(world, short);
  const { file } = await world.json<RunResult>("chaos", "run", "scenario.yaml");
  const record = await readFile(path.join(world.folder, file), "utf8");
  await writeScenario(world, record.replaceAll('"n3"', '"n8"'), "other.json");
  expect(await world.run("chaos", "run", "--replay", "other.json")).toMatchObject({
    exitCode: 64,
    stderr: expect.stringContaining("error: The run in other.json hit n8, which this cluster does not have.\n"),
  });
});

test("a step that cannot be done is said, the others are, and the exit code is 1", async () => {
  const world = await booted();
  world.kernel.netem = false;
  await writeScenario(
    world,
    "steps:\n  - { name: slow, at: 0s, slow: { target: n1, delay: 5ms } }\n  - { name: hold, at: 20ms, pause: n2, for: 20ms }\n",
  );
  const { exitCode, stdout } = await world.run("chaos", "run", "scenario.yaml");
  expect(exitCode).toBe(1);
  expect(stdout).toContain("slow: failed: This kernel has no netem.\n");
  expect(stdout).toContain("1 of 2 faults came and went; not slow.");
  const { exitCode: fast, stdout: said } = await world.run("chaos", "run", "scenario.yaml", "--fail-fast");
  expect({ fast, hold: said.includes("hold: pause") }).toEqual({ fast: 1, hold: false });
});

test("a scenario waits for what a node says", async () => {
  const world = await booted();
  await writeScenario(world, "steps:\n  - { name: k, at: 100ms, kill: n3, for: 50ms }\n  - { name: w, when: { log: listens, node: n3 }, pause: n3, for: 10ms }\n  - { name: never, when: { log: snow }, within: 300ms, pause: n1 }\n"); // prettier-ignore
  const { exitCode, stdout } = await world.run("chaos", "run", "scenario.yaml");
  expect(stdout).toContain("w: pause n3 for 10ms\n");
  expect(stdout).toContain("never: skipped: It did not happen within 0.3 s: log /snow/.\n");
  expect(exitCode).toBe(1);
});

test("a storm passes, prints its seed, and leaves a healthy cluster", async () => {
  const world = await booted();
  const storm = await world.json<RunResult>("chaos", "storm", "--profile", "brutal", "--for", "4s", "--seed", "5");
  expect(storm.timeline).toMatchObject({ seed: 5, storm: { profile: "brutal", quietFromMs: 3200, keepQuorum: true } });
  expect(storm.outcomes.length).toBeGreaterThan(0);
  expect(storm.outcomes.filter(({ result }) => result !== "done")).toEqual([]);
  expect(await world.json("chaos", "ls")).toMatchObject({ faults: [] });
  const { nodes } = await world.json<{ nodes: readonly { health: string }[] }>("status");
  expect(nodes.map(({ health }) => health)).toEqual(["ready", "ready", "ready"]);
});

test("a storm's plan is the storm, and hurts nobody; without a cluster --nodes stands in", async () => {
  const world = await booted();
  const flags = ["chaos", "storm", "--profile", "rough", "--for", "1m", "--seed", "9", "--plan"];
  const planned = await world.json<Timeline>(...flags);
  expect(planned.occurrences.length).toBeGreaterThan(2);
  expect(await world.json(...flags, "--nodes", "3")).toEqual(planned);
  expect((await world.run(...flags)).stdout).toMatch(/^storm-rough · seed 9 · nodes n1,n2,n3\n[^]*quiet from 50s on\n$/);
  expect(await world.json("chaos", "ls")).toMatchObject({ faults: [] });
});

test.each([
  [["plan", "none.yaml"], "The scenario none.yaml cannot be read: there is no such file."],
  [["plan", "bad.yaml"], "bad.yaml:2:11 steps[1].at: 5 has no unit: write 5s or 5ms"],
  [["plan", "scenario.yaml", "--nodes", "n1,n2"], 'There is no node "n3" in this cluster'],
  [["plan", "scenario.yaml", "--nodes", "99"], "--nodes must be from 1 to 15, not 99."],
  [["run"], "Name a scenario, or a record with --replay, and not both."],
  [["run", "scenario.yaml", "--replay", "x.json"], "Name a scenario, or a record with --replay, and not both."],
  [["run", "--replay", "x.json"], "The record x.json cannot be read"],
  [["run", "--replay", "no-record.json"], "no-record.json is not the record of a run."],
  [["run", "empty.mjs"], "empty.mjs exports no scenario."],
  [["storm", "--for", "1s"], "A storm lasts 3s at least."],
  [["storm", "--profile", "mild"], "profile"],
] as const)("chaos %j is refused with 64: %s", async (words, said) => {
  const world = await booted();
  await writeScenario(world, short);
  await writeScenario(world, "steps:\n  - { at: 5, pause: n1 }\n", "bad.yaml");
  await writeScenario(world, "{}", "no-record.json");
  await writeScenario(world, "export default {};\n", "empty.mjs");
  const { exitCode, stdout, stderr } = await world.run("chaos", ...words);
  expect(stderr).toContain(said);
  expect({ exitCode, stdout }).toEqual({ exitCode: 64, stdout: "" });
});

/** Flags that are no part of a fault. */
const around = ["cluster", "for", "until-healed", "seed", "verify"];

test.each(faultKinds.map((kind) => [kind]))("a scenario's `%s` takes what the command takes", (kind) => {
  const { args = {}, flags = {} } = commands[`chaos ${kind}`] as unknown as { args?: object; flags?: object };
  const taken = [...Object.keys(args), ...Object.keys(flags).filter((flag) => !around.includes(flag))];
  expect(keysOf(kind).toSorted()).toEqual(taken.toSorted());
});
