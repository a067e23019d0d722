// Shows what a scenario.yaml may say, and that everything wrong with one is told at once, each with its line and column.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parseScenario } from "../../src/scenario/parse.js";
import { scenarioJsonSchema } from "../../src/scenario/schema.js";

function problemsIn(text: string): readonly string[] {
  const result = parseScenario(text, "file");
  return result.ok ? [] : result.problems.map(({ line, column, message }) => `${line}:${column} ${message}`);
}

/** A file of one step. */
function step(text: string): string {
  return `steps:\n  - ${text}\n`;
}

test("what the guide shows is understood", () => {
  const result = parseScenario(readFileSync("test/golden/scenario/leader-flap.yaml", "utf8"), "file");
  expect(result).toMatchObject({
    ok: true,
    scenario: {
      name: "leader-flap",
      seed: 42,
      steps: [
        { id: "cut", start: { by: "at", atMs: { min: 5000, max: 10_000 } }, forMs: { min: 10_000, max: 20_000 } },
        { start: { by: "every", everyMs: 20_000, spreadMs: 5000, times: 3 }, fault: { kind: "kill" }, forMs: { max: 5000 } },
        { start: { by: "when", happens: { on: "leader-elected" }, withinMs: 30_000 }, fault: { kind: "slow" } },
        { start: { by: "when", happens: { on: "log", pattern: "snapshot-saved", node: "n2" }, withinMs: 60_000 } },
        { start: { by: "after", step: "cut", event: "healed", delayMs: { min: 5000, max: 5000 } }, forMs: { max: 0 } },
      ],
    },
  });
});

test("a scenario without a name has its file's, and a fault without `for` lasts a minute", () => {
  const result = parseScenario(step("{ at: 0s, pause: leader }"), "My Flap");
  expect(result).toMatchObject({ ok: true, scenario: { name: "my-flap", seed: null, steps: [{ forMs: { min: 60_000 } }] } });
});

test.each([
  ["nothing at all", "", ["1:1 steps: must be a list of steps"]],
  ["a list", "- at: 5s\n", ["1:1 the scenario: must be a mapping with name and steps"]],
  ["no steps", "steps: []\n", ["1:8 steps: needs at least one step"]],
  ["broken YAML", "steps: [\n", [expect.stringMatching(/^2:1 /)]],
  ["an unknown key", "sed: 4\nsteps:\n  - { at: 1s, pause: n1 }\n", ['1:1 unknown key "sed"; did you mean "seed"?']],
  ["a bad name", "name: Cut!\nsteps:\n  - { at: 1s, pause: n1 }\n", [expect.stringContaining('1:7 name: "Cut!" is not a name')]],
  [
    "a seed that is none",
    "seed: -1\nsteps:\n  - { at: 1s, pause: n1 }\n",
    ["1:7 seed: must be a whole number from 0 to 4294967295"],
  ],
  ["a step that is a text", step("pause n1"), [expect.stringContaining("2:5 steps[1]: must be a mapping")]],
  [
    "a slip in a fault's name",
    step("{ at: 1s, paus: n1 }"),
    [
      "2:5 steps[1]: say what it does: one of pause, partition, isolate, slow, delay, kill, stop, restart, wipe, crash-loop, cpu, memory, disk, clock",
      '2:15 unknown key "paus"; did you mean "pause"?',
    ],
  ],
  ["a step without a beginning", step("pause: n1"), ["2:5 steps[1]: say when it begins: one of at, every, when, after"]],
  [
    "two beginnings",
    step("{ at: 1s, every: 2s, times: 2, pause: n1 }"),
    ["2:15 steps[1]: begins by at already; a step has one beginning"],
  ],
  ["two faults", step("{ at: 1s, pause: n1, kill: n2 }"), ["2:26 steps[1]: does pause already; another fault is another step"]],
  ["a time without a unit", step("{ at: 5, pause: n1 }"), ["2:11 steps[1].at: 5 has no unit: write 5s or 5ms"]],
  [
    "a time that is none",
    step("{ at: soon, pause: n1 }"),
    ['2:11 steps[1].at: "soon" is not a duration such as 5s, or a range such as 5s..10s'],
  ],
  ["a range backwards", step("{ at: 10s..5s, pause: n1 }"), [expect.stringContaining('2:11 steps[1].at: "10s..5s" is not')]],
  ["no time at all", step("{ at: 1s, pause: n1, for: 0s }"), ["2:31 steps[1].for: must be longer than zero"]],
  ["every without times", step("{ every: 2s, pause: n1 }"), ["2:7 steps[1]: says not how many `times`"]],
  ["times without every", step("{ at: 2s, times: 3, pause: n1 }"), ["2:15 steps[1]: goes with `every` only"]],
  ["within without when", step("{ at: 2s, within: 3s, pause: n1 }"), ["2:15 steps[1]: goes with `when` only"]],
  ["too many times", step("{ every: 2s, times: 0, pause: n1 }"), ["2:25 steps[1].times: must be at least 1"]],
  [
    "a spread over the period",
    step("{ every: 2s ± 3s, times: 2, pause: n1 }"),
    [expect.stringContaining("2:14 steps[1].every:")],
  ],
  [
    "for of what does not last",
    step("{ at: 1s, restart: n1, for: 2s }"),
    ["2:28 steps[1]: means nothing here: a restart is over as soon as it is done"],
  ],
  [
    "a trigger that is none",
    step("{ when: full-moon, pause: n1 }"),
    ["2:13 steps[1].when: must be leader-elected, or a mapping with log"],
  ],
  ["a bad pattern", step("{ when: { log: '(' }, pause: n1 }"), ['2:20 steps[1].when.log: "(" is no regular expression']],
  ["an unknown step", step("{ after: cut.healed, pause: n1 }"), ['2:14 steps[1]: there is no step "cut"; no step has a name']],
  [
    "an unknown event",
    "steps:\n  - { name: a, at: 1s, pause: n1 }\n  - { after: a.broken, pause: n1 }\n",
    [expect.stringContaining('3:14 steps[2].after: "a.broken" is not a step and what becomes of it')],
  ],
  [
    "a step that waits for itself",
    step("{ name: a, after: a.healed, pause: n1 }"),
    ["2:23 steps[1]: the step waits in the end for itself"],
  ],
  [
    "steps that wait for each other",
    "steps:\n  - { name: a, after: b.healed, pause: n1 }\n  - { name: b, after: a.applied, pause: n1 }\n",
    ["2:23 steps[1]: the step waits in the end for itself", "3:23 steps[2]: the step waits in the end for itself"],
  ],
  [
    "a name twice",
    "steps:\n  - { name: a, at: 1s, pause: n1 }\n  - { name: a, at: 1s, pause: n1 }\n",
    ['3:13 steps[2]: there is a step "a" already'],
  ],
  ["no target", step("{ at: 1s, pause: }"), [expect.stringContaining("steps[1].pause: must be a text or a number, not nothing")]],
  ["a target that is none", step("{ at: 1s, pause: 'n1,,n2' }"), [expect.stringContaining("a node's name is missing")]],
  [
    "a fault's unknown key",
    step("{ at: 1s, slow: { target: n1, delayy: 5ms } }"),
    ['2:35 steps[1].slow.delayy: unknown key "delayy"; did you mean "delay"?'],
  ],
  [
    "ranges that go together at their ends and not in between",
    step("{ at: 1s, delay: { target: n1, time: 50ms..200ms, jitter: 40ms..180ms } }"),
    [expect.stringContaining("Jitter 180ms is larger than the delay 50ms")],
  ],
  ["a fault without its target", step("{ at: 1s, pause: {} }"), ["2:15 steps[1].pause.target: it needs target"]],
  ["a delay without a time", step("{ at: 1s, delay: n1 }"), [expect.stringContaining("it needs time")]],
  ["a cpu without a limit", step("{ at: 1s, cpu: n1 }"), [expect.stringContaining("it needs cpus")]],
  [
    "two kinds of loss",
    step("{ at: 1s, slow: { target: n1, loss: 1%, loss-gemodel: '1%,10%' } }"),
    [expect.stringContaining("it has loss already")],
  ],
  [
    "a slow link that nothing happens to",
    step("{ at: 1s, slow: { target: n1 } }"),
    [expect.stringContaining("Say what to do to the link")],
  ],
  [
    "a loss of 120 %",
    step("{ at: 1s, slow: { target: n1, loss: 120% } }"),
    ["2:21 steps[1].slow: A loss is more than 0% and at most 100%, not 120%."],
  ],
  [
    "a range that ends too high",
    step("{ at: 1s, slow: { target: n1, loss: 50%..120% } }"),
    [expect.stringContaining("not 120%.")],
  ],
  [
    "a range in two units",
    step("{ at: 1s, slow: { target: n1, rate: 1kbit..1mbit } }"),
    [expect.stringContaining("needs the same unit at both ends")],
  ],
  [
    "jitter without a delay",
    step("{ at: 1s, slow: { target: n1, jitter: 5ms, loss: 1% } }"),
    [expect.stringContaining("jitter means nothing without delay")],
  ],
  [
    "an unknown signal",
    step("{ at: 1s, kill: { target: n1, signal: WINCH } }"),
    [expect.stringContaining('steps[1].kill.signal: "WINCH" is not KILL, TERM')],
  ],
  [
    "a bad one of several",
    step("{ at: 1s, slow: { target: n1, loss: { one of: [1%, lots] } } }"),
    [expect.stringContaining('"lots" is not a percentage')],
  ],
  ["an empty choice", step("{ at: 1s, pause: { one of: [] } }"), [expect.stringContaining('"one of" with a list to draw from')]],
  // prettier-ignore
] as readonly (readonly [string, string, readonly unknown[]])[])("%s is refused", (_what, text, said) => {
  expect(problemsIn(text)).toEqual(said);
});

test("all problems are told at once, in the order of the text", () => {
  const text =
    "seed: x\nsteps:\n  - { at: 5, pause: n1 }\n  - { every: 2s, times: 2, slow: { target: n1, delay: 1, losss: 1% } }\n";
  expect(problemsIn(text).map((problem) => problem.split(" ")[0])).toEqual(["1:7", "3:11", "4:55", "4:58"]);
});

test("the JSON Schema knows every key of a step", () => {
  const { properties } = scenarioJsonSchema() as { properties: { steps: { items: { properties: object } } } };
  expect(Object.keys(properties.steps.items.properties)).toEqual(
    expect.arrayContaining(["at", "every", "when", "after", "slow"]),
  );
});
