// Shows what a line is taken for, program by program; that what a stream said before changes nothing; and that nothing is ever lost.
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import type { LogFormat } from "../../src/core/log-format.js";
import { levels } from "../../src/core/log-record.js";
import { formats } from "../../src/logs/formats/family.js";
import { createParser, parseLine, type Said } from "../../src/logs/parse.js";
import { recorded } from "./formats/lines.js";

// the BMP up to the general punctuation and symbols, controls included
const anyChar = fc.integer({ min: 0, max: 0x2fff }).map((code) => String.fromCodePoint(code));

const said = (level: Said["level"], msg: string, fields: Said["fields"] = {}, event = ""): Said => ({
  level,
  event,
  msg,
  fields,
});

/** The formats that read a line. */
function readersOf(line: string): readonly string[] {
  return Object.entries(formats).flatMap(([name, read]) => (read(line) === undefined ? [] : [name]));
}

describe("recorded lines of many programs", () => {
  test.each(recorded.map((one) => [one.who, one] as const))("%s", (_who, { line, said: expected }) => {
    expect(parseLine(line)).toEqual(expected);
  });

  test.each(recorded.filter(({ line }) => !line.includes("\u001b")).map((one) => [one.who, one] as const))(
    "%s is of one format only, and can be named",
    (_who, { format, line, said: expected }) => {
      expect(readersOf(line)).toEqual(format === "text" ? [] : [format]);
      expect(createParser({ format })(line)).toEqual(expected);
    },
  );

  it("are understood alike whatever their stream said before", () => {
    const lines = fc.array(fc.constantFrom(...recorded.map(({ line }) => line)), { maxLength: 20 });
    fc.assert(
      fc.property(lines, (stream) => {
        const parse = createParser();
        expect(stream.map(parse)).toEqual(stream.map(parseLine));
      }),
    );
  });

  it("and pieces of them put together are of one format at most", () => {
    const pieces = recorded.flatMap(({ line }) => line.match(/\s*[^\s\]]+\]?/g) ?? []);
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 12 }), (parts) => {
        expect(readersOf(parts.join("")).length).toBeLessThan(2);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("a line that is not quite what it looks like", () => {
  it.each<[string, string, Said]>([
    [
      "ours, with a level nobody knows",
      '{"ts":"t","level":"loud","node":"n1","event":"e","msg":"m"}',
      said("info", "m", { ts: "t", level: "loud", node: "n1" }, "e"),
    ],
    ["two messages", '{"message":"b","msg":"a"}', said("info", "a", { message: "b" })],
    [
      "two levels",
      '{"severity":"x","lvl":"warn","log.level":"info","msg":"a"}',
      said("warn", "a", { severity: "x", "log.level": "info" }),
    ],
    ["JSON without a level", '{"msg":"m","a":1}', said("info", "m", { a: 1 })],
    ["JSON without a message", '{"level":"warn","a":1}', said("warn", "", { a: 1 })],
    ["JSON with a message that is no text", '{"msg":{"a":1}}', said("info", "", { msg: { a: 1 } })],
    ["JSON with nothing in it", "{}", said("info", "{}")],
    ["JSON that is no object", "[1,2]", said("info", "[1,2]")],
    ["almost JSON", '{"msg":"m"', said("info", '{"msg":"m"')],
    ["a field named __proto__", '{"msg":"m","__proto__":1}', said("info", "m", JSON.parse('{"__proto__":1}') as Said["fields"])],
    ["a template without its values", '{"@t":"t","@mt":"{Who} in"}', said("info", "{Who} in", { "@t": "t" })],
    ["seconds, which are no level", '{"s":30,"msg":"m"}', said("info", "m", { s: 30 })],
    ["an inner level alone", '{"log":{"level":"warn"},"msg":"m"}', said("warn", "m")],
    ["pairs of anything", "PATH=/bin HOME=/root", said("info", "PATH=/bin HOME=/root")],
    ["a pair that comes twice", "level=info a=1 a=2", said("info", "level=info a=1 a=2")],
    ["pairs and words", "level=warn is low", said("warn", "level=warn is low")],
    ["a number that JavaScript cannot hold", "level=info n=9007199254740993", said("info", "", { n: "9007199254740993" })],
    ["a priority that is none", "<192>x", said("info", "<192>x")],
    ["syslog data that is none", "<14>1 - - - - - [x] y", said("info", "y", { x: {} })],
    [
      "context that nginx would not write",
      "2026/11/21 01:59:26 [warn] 1#1: a, client: x, y: z",
      said("warn", "a, client: x, y: z", { pid: 1, tid: 1 }),
    ],
    [
      "klog with a pair of ours",
      'I1121 01:59:26.643171 1 a.go:1] "m" thread=2',
      said("info", '"m" thread=2', { thread: 1, caller: "a.go:1" }),
    ],
    ["empty", "", said("info", "")],
    ["level in brackets", "[error] no route", said("error", "[error] no route")],
    ["level in colour", "\u001b[31mERROR\u001b[0m no route", said("error", "\u001b[31mERROR\u001b[0m no route")],
    ["compiler style", "warning: unused", said("warn", "warning: unused")],
    ["panic", "panic: runtime error", said("fatal", "panic: runtime error")],
    ["exception", "TypeError: x is not a function", said("error", "TypeError: x is not a function")],
    ["exception with its package", "java.io.IOException: closed", said("error", "java.io.IOException: closed")],
    ["Python's trace", "Traceback (most recent call last):\n  x", said("error", "Traceback (most recent call last):\n  x")],
    ["words that only sound alike", "0 errors, informational", said("info", "0 errors, informational")],
  ])("%s", (_what, line, expected) => expect(parseLine(line)).toEqual(expected));
});

describe("the user's own format", () => {
  it.each<[string, LogFormat, string, Said]>([
    [
      "names keys",
      { time: "t", level: "l", message: "text", event: "kind", levels: { oops: "error" } },
      '{"t":"10:00:00","l":"OOPS","text":"m","kind":"k","msg":"other","level":"warn"}',
      said("error", "m", { msg: "other", level: "warn" }, "k"),
    ],
    [
      "names keys inside others",
      { time: "meta.at", level: "meta.level", message: "a.b.c" },
      '{"meta":{"at":1,"level":"warn","x":1},"a":{"b":{"c":"m"}}}',
      said("warn", "m", { meta: { x: 1 } }),
    ],
    ["leaves what is no time", { time: "t" }, '{"t":"soon","msg":"m"}', said("info", "m", { t: "soon" })],
    ["knows numbers", { levels: { "10": "debug" } }, '{"level":10,"msg":"m"}', said("debug", "m")],
    ["knows logfmt", { format: "logfmt", message: "text" }, "text=m lvl=warn", said("warn", "m")],
    ["names one format", { format: "json" }, "level=warn msg=m", said("warn", "level=warn msg=m")],
    ["is text", { format: "text" }, '{"level":"warn","msg":"m"}', said("info", '{"level":"warn","msg":"m"}')],
    [
      "is a pattern",
      { pattern: "^(?<time>\\S+) (?<level>\\w) (?<event>\\w+) (?<peer>\\S+) (?<n>\\d+) (?<msg>.*)$", levels: { e: "error" } },
      "10:00:00 E lost n2 7 no answer\n\tat x",
      said("error", "no answer\n\tat x", { peer: "n2", n: 7 }, "lost"),
    ],
    ["finds no level it knows", { pattern: "^(?<level>\\w+) (?<msg>.*)" }, "loud m", said("info", "m", { level: "loud" })],
    ["finds no message", { pattern: "term=(?<term>\\d+)" }, "WARN term=3!", said("warn", "WARN term=3!", { term: 3 })],
    ["does not fit", { pattern: "^x" }, "WARN y", said("warn", "WARN y")],
  ])("%s", (_what, format, line, expected) => expect(createParser(format)(line)).toEqual(expected));
});

test("a long line that begins like a format and goes on like none takes no turn for each pair of its letters", () => {
  const beginnings = [...new Set(recorded.map(({ line }) => line.slice(0, line.search(/[\]:|>] |="|":"/) + 2))), "", "INFO ["];
  const units = [
    "a",
    " ",
    "\t",
    "a.",
    "a::",
    "((a.b",
    "[a ",
    "]",
    'a="',
    '\\"',
    "- ",
    "| ",
    '"',
    "\u001b[",
    ", client: x",
    '[a b="c"]',
    " (a.b",
  ];
  for (const beginning of beginnings) {
    for (const unit of units) {
      const line = beginning + unit.repeat(100_000 / unit.length);
      expect(levels).toContain(parseLine(line).level);
    }
  }
});

describe("nothing is lost", () => {
  it("of any text, with any format, and nothing throws", () => {
    const format = fc.record<LogFormat>(
      {
        format: fc.constantFrom("auto", "json", "logfmt", "log4j", "syslog", "klog", "nginx", "text"),
        message: fc.constantFrom("m", "a.b"),
        time: fc.constantFrom("t"),
        pattern: fc.constantFrom("(?<a>\\w+)", "^(?<level>.) (?<msg>.*)"),
      },
      { requiredKeys: [] },
    );
    const piece = fc.oneof(fc.string({ unit: anyChar }), fc.constantFrom(...recorded.map(({ line }) => line)));
    fc.assert(
      fc.property(format, fc.array(piece, { maxLength: 3 }), (own, pieces) => {
        expect(typeof createParser(own)(pieces.join(" ")).msg).toBe("string");
      }),
    );
  });

  it("of text that nobody understands", () => {
    fc.assert(fc.property(fc.string({ unit: anyChar }), (text) => readersOf(text).length > 0 || parseLine(text).msg === text));
  });

  it("of any object: what says neither level, event nor message is a field", () => {
    const key = fc.oneof(
      fc.constantFrom("level", "msg", "message", "event", "severity", "log", "@mt", "ts", "node"),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.dictionary(key, fc.jsonValue(), { minKeys: 1 }), (object) => {
        const { msg, event, fields } = parseLine(JSON.stringify(object));
        const lost = Object.entries(object).filter(([name, value]) => {
          if (Object.hasOwn(fields, name)) return JSON.stringify(fields[name]) !== JSON.stringify(value);
          // what the record says elsewhere (of a line of ours also its time and node)
          return value !== msg && value !== event && !["level", "severity", "ts", "node"].includes(name);
        });
        expect(lost).toEqual([]);
      }),
    );
  });
});
