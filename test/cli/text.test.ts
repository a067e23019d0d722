// Shows what reaches a person: tables, progress with and without a terminal, problems as sentences, colours only where they are wanted.
import { stripVTControlCharacters } from "node:util";
import { Chalk } from "chalk";
import { describe, expect, test } from "vitest";
import { asAscii } from "../../src/cli/glyphs.js";
import { createProgress } from "../../src/cli/progress.js";
import { problemJson, toProblem } from "../../src/cli/problem.js";
import { formatTable } from "../../src/cli/table.js";
import { terminalOf } from "../../src/cli/terminal.js";
import type { StepEvent } from "../../src/cluster/steps.js";
import { step } from "../../src/cluster/steps.js";
import { DeviousError } from "../../src/core/errors.js";
import { InvariantViolation } from "../../src/core/invariant.js";

describe("a table", () => {
  test.each([
    [[], ""],
    [[["a"]], "a"],
    [
      [
        ["NODE", "ROLE"],
        ["n1", "leader"],
        ["long-name", ""],
      ],
      "NODE       ROLE\nn1         leader\nlong-name",
    ],
    [[["a", "b", "c"], ["aa"]], "a   b  c\naa"],
  ])("%j", (rows, expected) => expect(formatTable(rows)).toBe(expected));

  test("colours take no room", () => {
    const chalk = new Chalk({ level: 1 });
    expect(
      formatTable([
        [chalk.red("a"), "x"],
        ["bb", "y"],
      ]),
    ).toBe(`${chalk.red("a")}   x\nbb  y`);
  });
});

describe("progress", () => {
  const events: readonly StepEvent[] = [
    { type: "started", step: "create n1" },
    { type: "started", step: "create n2" },
    { type: "done", step: "create n2", tookMs: 1234 },
    { type: "note", text: "almost" },
    { type: "failed", step: "create n1", tookMs: 5 },
  ];
  const drawn = (live: boolean, ascii = false): string => {
    const written: string[] = [];
    const report = createProgress(
      { chalk: new Chalk({ level: 0 }), live, ascii, draw: ascii ? asAscii : (text) => text },
      (text) => written.push(text),
    );
    for (const event of events) report(event);
    return written.join("");
  };

  test("is plain lines where nobody watches", () => {
    expect(drawn(false)).toBe("✔ create n2 1.23s\nalmost\n✖ create n1 5ms\n");
    expect(drawn(false, true)).toBe("+ create n2 1.23s\nalmost\nx create n1 5ms\n");
  });

  test("ends, on a terminal, in the same lines, and clears the line it draws over", () => {
    const text = drawn(true);
    expect(text).toContain("… create n1, create n2");
    expect(stripVTControlCharacters(text).replaceAll(/… [^\r\n]*\r/g, "")).toBe(drawn(false));
  });

  test("a step reports its end and its failure, and passes both on", async () => {
    const told: StepEvent[] = [];
    const report = (event: StepEvent): void => void told.push(event);
    expect(await step(report, "good", async () => 7)).toBe(7);
    await expect(step(report, "bad", () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(told).toMatchObject([
      { type: "started", step: "good" },
      { type: "done", step: "good", tookMs: expect.any(Number) },
      { type: "started", step: "bad" },
      { type: "failed", step: "bad", tookMs: expect.any(Number) },
    ]);
  });
});

describe("a problem", () => {
  const usage = (message: string): Error => Object.assign(new Error(message), { oclif: { exit: 2 } });

  test.each([
    [
      "an expected one",
      new DeviousError("NO_LEADER", "there is no leader", { hint: "Wait." }),
      "There is no leader.",
      3,
      "NO_LEADER",
    ],
    ["one that names a node", new DeviousError("NODE_UNREACHABLE", "n1 is away."), "n1 is away.", 3, "NODE_UNREACHABLE"],
    ["oclif's", usage("Nonexistent flag: --nodez\nSee more help with --help"), "Nonexistent flag: --nodez.", 64, "USAGE"],
    [
      "a flag's, in oclif's wrapping",
      new DeviousError("USAGE", 'Parsing --for \n\t"5" has no unit\nSee more help with --help'),
      '--for: "5" has no unit.',
      64,
      "USAGE",
    ],
    ["an invariant's", new InvariantViolation("term fell"), "This should not have happened: term fell.", 2, "INTERNAL"],
    ["no error at all", "thrown text", "This should not have happened: thrown text.", 2, "INTERNAL"],
  ])("%s", (_title, thrown, message, exitCode, code) => {
    expect(toProblem(thrown)).toMatchObject({ message, exitCode, code });
  });

  test("only what nobody expected has a stack", () => {
    expect(toProblem(new DeviousError("NO_LEADER", "x")).stack).toBeUndefined();
    expect(toProblem(usage("x")).stack).toBeUndefined();
    expect(toProblem(new TypeError("x")).stack).toContain("TypeError: x");
  });

  test("further lines of oclif's words are details", () => {
    expect(toProblem(usage("Missing 1 required arg:\nkey  Key.\nSee more help with --help"))).toMatchObject({
      message: "Missing 1 required arg.",
      details: ["key  Key."],
    });
  });

  test("as JSON it has the same five things always", () => {
    expect(problemJson(toProblem(new DeviousError("NO_LEADER", "x")))).toEqual({
      error: { code: "NO_LEADER", message: "x.", hint: null, details: [], exitCode: 3 },
    });
  });
});

test.each([
  [{ isTTY: true }, {}, { colour: true, live: true }],
  [{}, {}, { colour: false, live: false }],
  [{ isTTY: true }, { NO_COLOR: "1" }, { colour: false, live: true }],
  [{ isTTY: true }, { NO_COLOR: "" }, { colour: true, live: true }],
  [{ isTTY: true }, { TERM: "dumb" }, { colour: false, live: false }],
  [{}, { FORCE_COLOR: "1" }, { colour: true, live: false }],
  [{}, { FORCE_COLOR: "0" }, { colour: false, live: false }],
  [{ isTTY: true }, { FORCE_COLOR: "1", NO_COLOR: "1" }, { colour: false, live: true }],
])("on %o with %o: %o", (stream, env, expected) => {
  const { chalk, live } = terminalOf(stream, env);
  expect({ colour: chalk.level > 0, live }).toEqual(expected);
});
