// Shows scenarios and storms on a real cluster: they come and go as planned, and whatever ends them leaves nothing behind.
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { RunResult } from "../../src/cli/run-command.js";
import type { Timeline } from "../../src/scenario/timeline.js";
import { TestCluster, docker, eventually, rulesIn, startCli } from "../support/cli.js";

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await TestCluster.create();
  await cluster.up();
});
afterAll(() => cluster.destroy());

const nodes = ["n1", "n2", "n3"];

function write(name: string, text: string): Promise<void> {
  return writeFile(path.join(cluster.folder, name), text);
}

async function statesOf(): Promise<readonly string[]> {
  return Promise.all(nodes.map((node) => docker("inspect", "--format", "{{.State.Status}}", cluster.container(node))));
}

/** No frozen or dead container, no rule, an empty ledger. */
async function expectClean(): Promise<void> {
  expect(await statesOf()).toEqual(["running", "running", "running"]);
  expect((await Promise.all(nodes.map((node) => rulesIn(cluster.container(node))))).flat()).toEqual([]);
  expect(await cluster.json("chaos", "ls")).toMatchObject({ faults: [] });
}

async function expectHealthy(): Promise<void> {
  await eventually("every node is ready", 20_000, async () =>
    (await cluster.status()).nodes.every(({ health }) => health === "ready"),
  );
}

test("a scenario of a cut, a freeze and a kill, with an election in between", async () => {
  await write(
    "short.yaml",
    `steps:
  - { name: cut, at: 1s, partition: isolate leader, for: 6s }
  - { name: elected, when: leader-elected, within: 15s, pause: random, for: 1s }
  - { name: kill, after: cut.healed + 2s, kill: follower, for: 2s }
`,
  );
  const run = await cluster.json<RunResult>("chaos", "run", "short.yaml", "--seed", "3");
  expect(run.outcomes.map(({ id, result, why }) => `${id} ${why ?? result}`).toSorted()).toEqual([
    "cut done",
    "elected done",
    "kill done",
  ]);
  await expectClean();
  await expectHealthy();

  const again = await cluster.json<RunResult>("chaos", "run", "--replay", run.file);
  const faults = ({ outcomes }: RunResult): unknown[] => outcomes.map(({ id, fault }) => JSON.stringify([id, fault])).toSorted();
  expect(faults(again)).toEqual(faults(run));
  await expectClean();
});

const long = `steps:
  - { at: 0s, partition: isolate n2, for: 10m }
  - { at: 0s, pause: n3, for: 10m }
  - { at: 5m, pause: n1 }
`;

test("Ctrl-C heals what the run did, at once, and leaves with 130", async () => {
  await write("long.yaml", long);
  const cli = startCli(["chaos", "run", "long.yaml"], cluster.folder);
  await eventually("both are in force", 10_000, async () => (await cluster.json<{ faults: unknown[] }>("chaos", "ls")).faults.length === 2); // prettier-ignore
  cli.kill("SIGINT");
  const { exitCode, stdout, stderr } = await cli;
  expect({ exitCode, stderr }).toEqual({ exitCode: 130, stderr: "" });
  expect(stdout).toContain("healed, because the run was ended");
  expect(stdout).toContain("ended early");
  await expectClean();
  await expectHealthy();
});

test("Ctrl-C leaves alone what others did", async () => {
  const other = await cluster.json<{ id: string }>("chaos", "pause", "n1", "--for", "1m");
  const cli = startCli(["chaos", "run", "long.yaml"], cluster.folder);
  await eventually("they are in force", 10_000, async () => (await cluster.json<{ faults: unknown[] }>("chaos", "ls")).faults.length === 3); // prettier-ignore
  cli.kill("SIGINT");
  expect((await cli).exitCode).toBe(130);
  expect(await cluster.json("chaos", "ls")).toMatchObject({ faults: [{ id: other.id }] });
  await cluster.json("chaos", "heal");
  await expectClean();
});

test("a run that is killed leaves nothing past the deadlines", async () => {
  await write(
    "killed.yaml",
    "steps:\n  - { at: 0s, pause: n3, for: 8s }\n  - { at: 0s, kill: n2, for: 8s }\n  - { at: 7s, pause: n1 }\n",
  );
  const cli = startCli(["chaos", "run", "killed.yaml"], cluster.folder);
  await eventually("both are in force", 10_000, async () => (await cluster.json<{ faults: unknown[] }>("chaos", "ls")).faults.length === 2); // prettier-ignore
  cli.kill("SIGKILL");
  await cli;
  await eventually("all is over", 15_000, async () => (await statesOf()).every((state) => state === "running"));
  await expectClean();
  await expectHealthy();
});

test("a program may be the scenario, and finds `devious` wherever it lies", async () => {
  await write(
    "rolling.mjs",
    `import { at, defineScenario, pause } from "devious";
export default defineScenario({
  name: "rolling",
  plan: ({ nodes }) => nodes.map(({ name }, i) => at(\`\${3 * i}s\`, pause(name), { for: "2s" })),
});
`,
  );
  const { outcomes } = await cluster.json<RunResult>("chaos", "run", "rolling.mjs");
  expect(outcomes.map(({ result, fault }) => [result, fault])).toEqual(
    nodes.map((node) => ["done", { kind: "pause", nodes: [node] }]),
  );
});

test.each(["leader-flap.yaml", "restless-nodes.yaml", "rolling-cut.mjs"])("the example %s is planned and run", async (name) => {
  const file = path.resolve("examples/scenarios", name);
  const planned = await cluster.json<Timeline>("chaos", "plan", file, "--seed", "42", "--nodes", "3");
  const run = await cluster.json<RunResult>("chaos", "run", file, "--seed", "42");
  expect(run.timeline).toEqual(planned);
  expect(run.outcomes.filter(({ result }) => result !== "done")).toEqual([]);
  await expectClean();
  await expectHealthy();
});

test("a storm leaves the cluster healthy and clean", async () => {
  const { outcomes, timeline } = await cluster.json<RunResult>("chaos", "storm", "--profile", "brutal", "--for", "20s", "--seed", "11"); // prettier-ignore
  expect(outcomes.length).toBeGreaterThan(1);
  // on a slow machine a node may not be back in time for its next fault, which is then refused
  expect(outcomes.filter(({ result }) => result === "done").length).toBeGreaterThan(outcomes.length / 2);
  expect(timeline.storm).toMatchObject({ quietFromMs: 16_000, keepQuorum: true });
  await expectClean();
  await expectHealthy();
});
