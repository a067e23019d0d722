// Shows the summary of a story with elections and two faults as a person sees it, and that it fits every terminal without harming it.
import { stripVTControlCharacters } from "node:util";
import { Chalk } from "chalk";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { levels, type LogRecord } from "../../../src/core/log-record.js";
import { displayWidth } from "../../../src/logs/pretty/display-width.js";
import { renderSummary } from "../../../src/logs/summary/render.js";
import { createSummary, type SummaryOptions } from "../../../src/logs/summary/summary.js";
import { recordAt } from "../record.js";
import { story } from "./story.js";

function shown(
  records: readonly LogRecord[],
  { width = 100, level = 0, ...options }: { width?: number; level?: 0 | 1 } & SummaryOptions = {},
): string {
  const summary = createSummary(options);
  for (const record of records) summary.add(record);
  return renderSummary(summary.result(), { chalk: new Chalk({ level }), width });
}

describe("golden", () => {
  it.each([60, 100, 160])("%i columns", async (width) => {
    await expect(`${shown(story(), { width })}\n`).toMatchFileSnapshot(`../../golden/logs/summary-${width}.txt`);
  });

  it("in colour", async () => {
    const text = shown(story(), { level: 1 }).replaceAll("\u001b", "␛");
    await expect(`${text}\n`).toMatchFileSnapshot("../../golden/logs/summary-colour.txt");
  });
});

it("says so when there is nothing to sum up", () => {
  expect(shown([])).toBe("There are no records.");
});

it("colours change nothing but colours", () => {
  expect(stripVTControlCharacters(shown(story(), { level: 1 }))).toBe(shown(story()));
});

it("says how much it leaves out", () => {
  const many = Array.from({ length: 30 }, (_, at) => [
    recordAt(at * 1e9, { node: "chaos", event: "fault-applied", msg: "pause n1", fields: { fault: `f${at}` } }),
    recordAt(at * 1e9 + 5e8, {
      node: "chaos",
      event: "fault-healed",
      msg: "pause n1: over (asked)",
      fields: { fault: `f${at}`, reason: "asked" },
    }),
    recordAt(at * 1e9 + 6e8, { msg: "kind ".repeat(at + 1) }),
  ]).flat();
  const text = shown(many, { templatesMax: 20 });
  expect(text).toContain("(without 10 earlier faults)");
  expect(text).toContain("Most frequent messages (12 of 20 templates)");
  expect(text).toMatch(/\d+ rare templates with \d+ records left out$/);
});

const anyText = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 80 }),
  fc.string({
    unit: fc.constantFrom("日", "é", "e\u0301", "\u001b", "\u202e", "\u009b", "a", " ", "\n", "👍", "7"),
    maxLength: 80,
  }),
);
const anyRecord = fc.record({
  ns: fc.integer({ min: 0, max: 4e13 }),
  node: fc.oneof(fc.constantFrom("n1", "n2", "chaos"), anyText),
  level: fc.constantFrom(...levels),
  event: fc.constantFrom("", "leader-elected", "quorum-lost", "fault-applied", "fault-healed", "fault-narrowed", "fault-failed"),
  msg: anyText,
  fields: fc.record({
    fault: fc.constantFrom("f1", "f2", 3),
    term: fc.constantFrom(1, "x"),
    nodes: fc.constantFrom(["n1"], null),
  }),
});

it("fits every width from 60 on and writes no control character, whatever was said", () => {
  fc.assert(
    fc.property(fc.array(anyRecord, { maxLength: 30 }), fc.integer({ min: 60, max: 200 }), (said, width) => {
      const records = said.map(({ ns, ...rest }) => recordAt(ns, rest));
      for (const line of shown(records, { width, templatesMax: 5 }).split("\n")) {
        expect(displayWidth(line)).toBeLessThanOrEqual(width);
        expect(line).not.toMatch(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u);
      }
    }),
  );
});
