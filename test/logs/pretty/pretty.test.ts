// Shows what a person reads: golden stories, colours that change no character, rows within the terminal, and that nothing said is lost.
import { Chalk } from "chalk";
import fc from "fast-check";
import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import { type LogRecord, levels } from "../../../src/core/log-record.js";
import { type PrettyOptions, createPretty } from "../../../src/logs/pretty/pretty.js";
import { recordAt } from "../record.js";
import { faultAt, saidAt, story } from "./story.js";

const colourless = new Chalk({ level: 0 });
const colourful = new Chalk({ level: 1 });
const nodes = ["n1", "n2", "n3", "n4"];

/** Everything that is written for these records, and at the end. */
function written(records: readonly LogRecord[], options: Partial<PrettyOptions> = {}): string {
  const pretty = createPretty({ chalk: colourless, nodes, ...options });
  const texts = [...records.map((record) => pretty.line(record)), pretty.flush()];
  return texts.map((text) => (text === "" ? "" : `${text}\n`)).join("");
}

/** The story without most of what only folding is interested in. */
const short = story.filter(({ msg }) => !msg.startsWith("retry") || msg.startsWith("retry 1 "));

describe("the story", () => {
  it.each([
    ["pretty.txt", {}],
    ["pretty-80.txt", { width: 80 }],
    ["pretty-120.txt", { width: 120 }],
    ["pretty-relative.txt", { time: "relative", ascii: true }],
  ] as const)("%s", async (file, options) => {
    await expect(written(short, options)).toMatchFileSnapshot(`../../golden/logs/${file}`);
  });

  it("in colour", async () => {
    const shown = written(short, { chalk: colourful, width: 100 }).replaceAll("\u001b", "␛");
    await expect(shown).toMatchFileSnapshot("../../golden/logs/pretty-colour.txt");
  });

  it("folded", async () => {
    await expect(written(story, { fold: true, width: 120 })).toMatchFileSnapshot("../../golden/logs/pretty-folded.txt");
  });
});

it("leaves the store's clocks out, and keeps a user's fields of the same names", () => {
  const clocks = { hlc: "01a1fe0d5c19-0000", vc: { n1: 5, n2: 3 } };
  expect(written([recordAt(0, { msg: "won", fields: { term: 3, ...clocks } })])).toMatch(/won term=3\n$/);
  expect(written([recordAt(0, { msg: "won", fields: { hlc: "mine", vc: 7 } })])).toMatch(/won hlc=mine vc=7\n$/);
});

describe("colours", () => {
  it("lets escape sequences through only when told to", () => {
    const loud = [recordAt(0, { msg: "\u001b[2J" })];
    expect(written(loud, { raw: true })).toContain("\u001b[2J");
    expect(written(loud)).toContain("\\x1b[2J");
  });

  const colourOf = (line: string): string | undefined => line.split(" ")[1]?.slice(0, 5);

  it("gives few nodes different colours, whatever their names and whoever speaks first", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.stringMatching(/^[a-z]{1,3}-?[0-9]$/), { maxLength: 10 }), (names) => {
        const { line } = createPretty({ chalk: colourful });
        expect(new Set(names.map((node) => colourOf(line(recordAt(0, { node, msg: "m" }))))).size).toBe(names.length);
      }),
    );
  });

  it("keeps the colours of one service's nodes, whoever speaks first", () => {
    const colours = (names: readonly string[]): Map<string, string | undefined> => {
      const { line } = createPretty({ chalk: colourful });
      return new Map(names.map((node) => [node, colourOf(line(recordAt(0, { node, msg: "m" })))]));
    };
    const there = colours(["n1", "n2", "n3", "n4", "n5"]);
    for (const [node, colour] of colours(["n5", "n3", "n1", "n4", "n2"])) expect(there.get(node)).toBe(colour);
  });
});

describe("folding", () => {
  const tick = (ms: number, rest: Partial<LogRecord> = {}): LogRecord => saidAt(ms, { msg: `tick ${ms}`, ...rest });

  it("holds a line back until another comes, or until it is flushed", () => {
    const { line, flush } = createPretty({ chalk: colourless, fold: true });
    expect(line(tick(1))).toBe("");
    expect(line(tick(25))).toBe("");
    expect(line(tick(3, { node: "n2" }))).toBe("13:00:00.001 n1      info  tick 1 × 2 until 13:00:00.025");
    expect(flush()).toBe("13:00:00.003 n2      info  tick 3");
    expect(flush()).toBe("");
  });

  it("never folds what tells of faults or carries a flag", () => {
    const heals = [1, 2].map((ms) => faultAt(ms, "healed", `f${ms}`, ["n1"], `f${ms} is over`));
    const gaps = [3, 4].map((ms) => tick(ms, { flags: ["gap"] }));
    expect(written([...heals, ...gaps], { fold: true })).not.toContain("×");
  });

  it("counts every record once, whatever the stream", () => {
    const some = fc.record({
      node: fc.constantFrom("n1", "n2"),
      msg: fc.constantFrom("a 1", "a 22", "b", ""),
      event: fc.constant("e"),
    });
    fc.assert(
      fc.property(fc.array(some, { maxLength: 40 }), (records) => {
        const shown = written(
          records.map((record, i) => saidAt(i, record)),
          { fold: true },
        );
        const counts = shown
          .split("\n")
          .slice(0, -1)
          .map((line) => Number(/ × (\d+) until/.exec(line)?.[1] ?? 1));
        expect(counts.reduce((sum, count) => sum + count, 0)).toBe(records.length);
      }),
    );
  });
});

it("windows go on by records that are not shown", () => {
  const { line, skip } = createPretty({ chalk: colourless });
  skip(faultAt(0, "applied", "f1", ["n1"], "begins"));
  expect(line(saidAt(0, { msg: "m" }))).toBe("13:00:00.000 n1    ┃ info  m");
  skip(faultAt(1, "healed", "f1", ["n1"], "over"));
  expect(line(saidAt(2, { msg: "m" }))).toBe("13:00:00.002 n1      info  m");
});

describe("for any story", () => {
  const char = fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom("a", "b", "c", " ", "d", ",") },
    fc.constantFrom("語", "。", "é", "e\u0301", "🚀", "👩‍👩‍👧", "❤️", "\u200b"),
    fc.integer({ min: 0, max: 0x2fff }).map((code) => String.fromCodePoint(code)),
  );
  const anything = fc.string({ unit: char, maxLength: 150 });
  const said = fc
    .record({
      node: fc.constantFrom("n1", "n2", "service-3"),
      level: fc.constantFrom(...levels),
      event: fc.constantFrom("", "leader-elected", "an-event-too-long-for-its-column"),
      msg: anything,
      fields: fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), anything, { maxKeys: 3 }),
    })
    .map((record) => recordAt(0, record));
  const fault = fc
    .tuple(
      fc.constantFrom("applied", "healed", "narrowed"),
      fc.integer({ min: 1, max: 7 }),
      fc.subarray(["n1", "n2", "service-3"]),
    )
    .map(([event, number, touched]) => faultAt(0, event, `f${number}`, touched, "a fault"));
  const anyStory = fc.array(fc.oneof(said, fault), { maxLength: 12 });
  const anyWidth = fc.option(fc.integer({ min: 60, max: 200 }), { nil: undefined });

  it("colours change no character, and no control character is written", () => {
    fc.assert(
      fc.property(anyStory, anyWidth, fc.boolean(), (records, width, fold) => {
        const text = written(records, { width, fold });
        expect(stripVTControlCharacters(written(records, { width, fold, chalk: colourful }))).toBe(text);
        expect(text.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\u2028-\u202e\u2066-\u2069]/u);
      }),
    );
  });

  it("what is wrapped is what would stand on one line, and begins under the message", () => {
    fc.assert(
      fc.property(anyStory, fc.integer({ min: 60, max: 119 }), (records, width) => {
        const wrapped = createPretty({ chalk: colourless, width });
        const whole = createPretty({ chalk: colourless });
        for (const record of records) {
          const [first = "", ...rest] = wrapped.line(record).split("\n");
          const line = whole.line(record);
          const indent = line.indexOf(` ${record.level.padEnd(5)} `) + 7;
          const rows = [first, ...rest.map((row) => row.slice(indent))];
          for (const row of rest) expect(row.slice(0, indent)).toMatch(/^ +[┃│]*[┃│ ]* +$/u);
          expect(rows.join("").replaceAll(/\s/gu, "")).toBe(line.replaceAll(/\s/gu, ""));
        }
      }),
    );
  });

  it("no row is wider than the terminal, but for one long word", () => {
    const narrow = said.map((record) => ({ ...record, event: "", msg: record.msg.replaceAll(/[^a-e 語]/gu, "x"), fields: {} }));
    const messagesAt = "13:00:00.000 service-3   level ".length;
    fc.assert(
      fc.property(fc.array(narrow, { maxLength: 8 }), fc.integer({ min: 60, max: 200 }), (records, width) => {
        const tooWide = written(records, { width, nodes: ["service-3"] })
          .split("\n")
          .filter((row) => row.length + row.split("語").length - 1 > width);
        expect(tooWide.filter((row) => row.slice(messagesAt).split(/ +|(?<=語)|(?=語)/u).length > 1)).toEqual([]);
      }),
    );
  });
});
