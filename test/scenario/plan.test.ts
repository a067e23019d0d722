// Shows that a plan follows from scenario, seed and nodes alone, byte for byte, and that no step moves another.
import { readFileSync } from "node:fs";
import { Chalk } from "chalk";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { DeviousError } from "../../src/core/errors.js";
import { renderGantt } from "../../src/scenario/gantt.js";
import { nodesOfSpec, parseNodes } from "../../src/scenario/nodes.js";
import { parseScenario, readScenario } from "../../src/scenario/parse.js";
import { plan } from "../../src/scenario/plan.js";
import type { Scenario } from "../../src/scenario/scenario.js";
import type { Timeline } from "../../src/scenario/timeline.js";
import { parseSpec } from "../../src/spec/parse.js";

const three = parseNodes("3");

function scenarioOf(value: unknown): Scenario {
  const result = readScenario(value, "test");
  if (!result.ok) throw new Error(result.problems.map(({ message }) => message).join("\n"));
  return result.scenario;
}

function goldenScenario(): Scenario {
  const result = parseScenario(readFileSync("test/golden/scenario/leader-flap.yaml", "utf8"), "leader-flap");
  if (!result.ok) throw new Error("the golden scenario does not parse");
  return result.scenario;
}

test("the plan of a scenario, as JSON", async () => {
  const timeline = plan(goldenScenario(), 42, three);
  await expect(`${JSON.stringify(timeline, null, 2)}\n`).toMatchFileSnapshot("../golden/scenario/leader-flap.json");
});

test.each([80, 120])("the plan of a scenario, as a chart %i columns wide", async (width) => {
  const chart = renderGantt(plan(goldenScenario(), 42, three), { width, chalk: new Chalk({ level: 0 }) });
  for (const line of chart.split("\n").slice(1)) expect(line.length).toBeLessThanOrEqual(width);
  await expect(`${chart}\n`).toMatchFileSnapshot(`../golden/scenario/leader-flap-${width}.txt`);
});

test("another seed is another plan, the same seed the same", () => {
  const at = (seed: number): string => JSON.stringify(plan(goldenScenario(), seed, three).occurrences);
  expect(at(1)).toBe(at(1));
  expect(at(1)).not.toBe(at(2));
});

test("the order in which a spec lists its nodes does not matter", () => {
  const [forwards, backwards] = [parseNodes("n1,n2,n10"), parseNodes("n10,n2,n1")];
  expect(plan(goldenScenario(), 42, backwards)).toEqual(plan(goldenScenario(), 42, forwards));
  expect(plan(goldenScenario(), 42, forwards).nodes.map(({ node }) => node)).toEqual(["n1", "n2", "n10"]);
});

const steps = fc.uniqueArray(
  fc.record({
    start: fc.constantFrom({ at: "1s..30s" }, { at: "5s" }, { every: "10s ± 4s", times: 3 }, { when: "leader-elected" }),
    fault: fc.constantFrom(
      { pause: "random" },
      { kill: "minority" },
      { partition: "halves" },
      { pause: "follower" },
      { slow: { target: "random", delay: "10ms..500ms", loss: "1%..9%" } },
    ),
    name: fc.option(fc.constantFrom("a", "b", "c", "d", "e", "f"), { nil: undefined }),
    for: fc.constantFrom("5s", "1s..20s"),
  }),
  { minLength: 2, maxLength: 6, selector: ({ name, ...rest }) => name ?? JSON.stringify(rest) },
);

function planned(
  list: readonly { start: object; fault: object; name: string | undefined; for: string }[],
  seed: number,
): Timeline {
  const written = list.map(({ start, fault, name, for: lasting }) => ({
    ...start,
    ...fault,
    ...(name === undefined ? {} : { name }),
    for: lasting,
  }));
  return plan(scenarioOf({ name: "test", steps: written }), seed, three);
}

test("removing a step leaves every other one as it was, byte for byte, and so does their order", () => {
  fc.assert(
    fc.property(steps, fc.nat(), fc.integer({ min: 0, max: 2 ** 32 - 1 }), (list, pick, seed) => {
      const all = planned(list, seed).occurrences;
      const gone = list[pick % list.length];
      const rest = list.filter((one) => one !== gone);
      const left = planned(rest, seed).occurrences;
      const ids = new Set(left.map(({ step }) => step));
      expect(JSON.stringify(left)).toBe(JSON.stringify(all.filter(({ step }) => ids.has(step))));
      expect(left.length).toBeLessThan(all.length);
      expect(JSON.stringify(planned([...list].reverse(), seed).occurrences)).toBe(JSON.stringify(all));
    }),
  );
});

test("a named step keeps its draws when what it says changes around them", () => {
  const at = (step: object): Timeline["occurrences"][number] | undefined =>
    plan(scenarioOf({ steps: [{ name: "cut", at: "1s..30s", pause: "random", ...step }] }), 7, three).occurrences[0];
  const [plain, longer] = [at({}), at({ for: "1s..9s" })];
  expect(longer?.offsetMs).toBe(plain?.offsetMs);
  expect(longer?.action).toEqual(plain?.action);
  expect(longer?.durationMs).not.toBe(plain?.durationMs);
});

test("draws stay in their ranges and reach both ends", () => {
  const scenario = scenarioOf({ steps: [{ every: "10s ± 3s", times: 200, slow: { target: "n1", delay: "10ms..13ms" }, for: "1s..2s" }] }); // prettier-ignore
  const { occurrences } = plan(scenario, 3, three);
  const delays = occurrences.flatMap(({ action }) =>
    action.by === "plan" && action.fault.kind === "slow" ? [action.fault.impairment.delay?.timeMs] : [],
  );
  expect(new Set(delays)).toEqual(new Set([10, 11, 12, 13]));
  for (const { id, offsetMs, durationMs } of occurrences) {
    const turn = Number(id.split("#")[1]);
    expect(Math.abs(offsetMs - turn * 10_000)).toBeLessThanOrEqual(3000);
    expect(durationMs).toBeGreaterThanOrEqual(1000);
    expect(durationMs).toBeLessThanOrEqual(2000);
  }
});

test("random nodes are chosen when it is planned; what depends on who leads waits, with a seed of its own", () => {
  const { occurrences } = plan(
    scenarioOf({ steps: [{ at: "1s", pause: "random" }, { at: "2s", pause: "follower" }, { at: "3s", partition: "isolate leader" }] }), // prettier-ignore
    1,
    three,
  );
  expect(occurrences.map(({ action }) => action.by)).toEqual(["plan", "moment", "moment"]);
  expect(new Set(occurrences.map(({ seed }) => seed)).size).toBe(3);
});

test("chance keeps away from protected nodes", () => {
  const nodes = three.map((each) => ({ ...each, protected: each.node === "n2" }));
  const scenario = scenarioOf({ steps: [{ every: "1s", times: 100, pause: "random", for: "1s" }] });
  const hit = plan(scenario, 5, nodes).occurrences.map(({ action }) => (action.by === "plan" ? action.fault : undefined));
  expect(new Set(hit.map((fault) => (fault?.kind === "pause" ? fault.nodes.join() : "")))).toEqual(new Set(["n1", "n3"]));
});

test("nodes that are not there are told at once, leader or not", () => {
  const scenario = scenarioOf({
    steps: [{ name: "a", at: "1s", pause: "n9" }, { name: "b", at: "1s", pause: "leader,n8" }, { name: "c", at: "1s", pause: "n1" }], // prettier-ignore
  });
  const problem = (() => {
    try {
      return plan(scenario, 1, three);
    } catch (error) {
      return error as DeviousError;
    }
  })();
  expect(problem).toMatchObject({
    code: "UNKNOWN_NODE",
    message: expect.stringContaining('a: There is no node "n9"'),
    details: [expect.stringContaining('b: There is no node "n8"')],
  });
});

test("an election that no node would tell of is not waited for", () => {
  const foreign = three.map((each) => ({ ...each, bundled: false }));
  const scenario = scenarioOf({ steps: [{ name: "a", when: "leader-elected", pause: "n1" }] });
  expect(() => plan(scenario, 1, foreign)).toThrow("a: Nobody here can tell that a leader was elected");
  const telling = foreign.map((each) => ({ ...each, tellsRole: true as const }));
  expect(plan(scenario, 1, telling).occurrences).toMatchObject([{ trigger: { on: "leader-elected" } }]);
});

test("zones and protection come from the spec", () => {
  const spec = parseSpec(
    "services: { kv: { store: raft, nodes: 3, protect: [kv-1] } }\nnetwork: { zones: { eu: [kv-1, kv-2] } }\n",
    "demo",
  );
  if (!spec.ok) throw new Error(JSON.stringify(spec.problems));
  const nodes = nodesOfSpec(spec.spec);
  expect(nodes[0]).toEqual({ node: "kv-1", service: "kv", zone: "eu", protected: true, bundled: true });
  const { occurrences } = plan(scenarioOf({ steps: [{ at: "1s", pause: "random(eu)" }] }), 1, nodes);
  expect(occurrences[0]?.action).toEqual({ by: "plan", fault: { kind: "pause", nodes: ["kv-2"] } });
});
