// Shows that a program says the same as YAML: the same steps, the same mistakes refused, the same timeline, drawn from the same seed.
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import * as devious from "../../src/scenario/define.js";
import { faultKinds } from "../../src/scenario/fault-kinds.js";
import { loadScenario } from "../../src/scenario/load.js";
import { parseNodes } from "../../src/scenario/nodes.js";
import { parseScenario, readScenario } from "../../src/scenario/parse.js";
import { plan } from "../../src/scenario/plan.js";
import { FakeWorld } from "../support/fake-world.js";

const three = parseNodes("3");

test("a program and a YAML of the same steps make the same timeline, byte for byte", () => {
  const { after, at, every, kill, partition, pause, restart, slow, when } = devious;
  const steps = [
    at("5s..10s", partition("isolate leader"), { name: "cut", for: "10s..20s" }),
    every("20s ± 5s", 3, kill("random", { signal: "TERM" }), { for: "5s" }),
    when(
      "leader-elected",
      slow("n2", { delay: "50ms..200ms", jitter: "10ms", loss: "2%", to: "peers", direction: "both", port: 2380 }),
      { within: "30s", for: "30s" },
    ),
    when({ log: "snapshot-saved", node: "n2" }, pause({ "one of": ["n1", "n3"] }), { for: "2s" }),
    after("cut.healed + 5s", restart("followers")),
  ];
  const program = readScenario({ name: "leader-flap", steps }, "x");
  const yaml = parseScenario(readFileSync("test/golden/scenario/leader-flap.yaml", "utf8"), "x");
  if (!program.ok || !yaml.ok) throw new Error("neither must have problems");
  expect(JSON.stringify(plan(program.scenario, 42, three))).toBe(JSON.stringify(plan(yaml.scenario, 42, three)));
});

test("there is a function for every fault, and what it makes is understood", () => {
  const { at } = devious;
  const faults = [
    devious.pause("n1"),
    devious.partition("n1 | n2,n3", { drop: "50%" }),
    devious.isolate("n1", { port: [2379, 2380], proto: "tcp" }),
    devious.slow("n1", { loss: "1%..5%", "loss-correlation": "25%" }),
    devious.delay("n1", { time: "10ms", jitter: "1ms" }),
    devious.kill("n1", { signal: "SIGTERM" }),
    devious.stop("n1", { grace: "1s" }),
    devious.restart("n1"),
    devious.wipe("n1"),
    devious.crashLoop("n1", { every: "2s" }),
    devious.cpu("n1", { cpus: 0.1 }),
    devious.memory("n1", { limit: "64mb" }),
    devious.disk("n1", { slow: "10ms", torn: true }),
    devious.clock("n1", { skew: "-2s" }),
  ];
  expect(faults.flatMap((fault) => Object.keys(fault)).toSorted()).toEqual([...faultKinds].toSorted());
  const result = readScenario({ steps: faults.map((fault, i) => at(`${i}s`, fault)) }, "x");
  expect(result.ok ? [] : result.problems.map(({ message }) => message)).toEqual([]);
});

test("what the program draws follows from the seed", async () => {
  const world = await FakeWorld.create();
  const text = 'export default { name: "x", plan: ({ nodes, random }) => [{ at: "1s", pause: random.pick(nodes).name }] };\n';
  await writeFile(path.join(world.folder, "draws.mjs"), text);
  const scenario = await loadScenario("draws.mjs", world.folder);
  const at = (seed: number): string => JSON.stringify(scenario.plan(seed, three).occurrences[0]?.action);
  expect(at(1)).toBe(at(1));
  expect(new Set([1, 2, 3, 4, 5, 6].map(at)).size).toBeGreaterThan(1);
});

test.each(["leader-flap.yaml", "restless-nodes.yaml"])("the example %s can be planned", async (file) => {
  const scenario = await loadScenario(file, "examples/scenarios");
  expect(scenario.plan(42, three).occurrences.length).toBeGreaterThan(2);
});

test("a program's mistakes are told by step and key, all at once", async () => {
  const world = await FakeWorld.create();
  const text =
    'export default { name: "x", plan: () => [{ at: 5, pause: "n1" }, { at: "5s", slow: { target: "n1", delayy: "1s" } }] };\n';
  await writeFile(path.join(world.folder, "wrong.mjs"), text);
  const { exitCode, stderr } = await world.run("chaos", "plan", "wrong.mjs");
  expect(exitCode).toBe(64);
  expect(stderr).toContain("steps[1].at: 5 has no unit: write 5s or 5ms\n");
  expect(stderr).toContain('steps[2].slow.delayy: unknown key "delayy"; did you mean "delay"?\n');
});

test("TypeScript is read where Node strips types, and refused in one sentence where it does not", async () => {
  const world = await FakeWorld.create();
  const text =
    'const seconds: number = 2;\nexport default { name: "typed", plan: () => [{ at: `${seconds}s`, pause: "n1" }] };\n';
  await writeFile(path.join(world.folder, "typed.ts"), text);
  const strips = "typescript" in process.features && process.features.typescript !== false;
  const { exitCode, stderr } = await world.run("chaos", "plan", "typed.ts");
  const refused = `error: Node ${process.versions.node} cannot import typed.ts: TypeScript needs Node 22.18 or newer.`;
  expect({ exitCode, said: stderr.split("\n")[0] }).toEqual(strips ? { exitCode: 0, said: "" } : { exitCode: 64, said: refused });
});
