// Shows what a line is taken for: our JSON, another logger's JSON, or text; and that nothing of it is ever lost.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseLine, type Said } from "../../src/logs/parse.js";

// the BMP up to the general punctuation and symbols, controls included
const anyChar = fc.integer({ min: 0, max: 0x2fff }).map((code) => String.fromCodePoint(code));

const said = (level: Said["level"], msg: string, fields: Said["fields"] = {}, event = ""): Said => ({
  level,
  event,
  msg,
  fields,
});

describe("parseLine", () => {
  it.each<[string, string, Said]>([
    [
      "ours",
      '{"ts":"2026-11-21T01:59:26.643Z","level":"warn","node":"n1","event":"leader-lost","msg":"lost the leader","term":3,"peer":"n2"}',
      said("warn", "lost the leader", { term: 3, peer: "n2" }, "leader-lost"),
    ],
    [
      "ours, with a level nobody knows",
      '{"ts":"t","level":"loud","node":"n1","event":"e","msg":"m"}',
      said("info", "m", { ts: "t", level: "loud", node: "n1" }, "e"),
    ],
    ["pino", '{"level":50,"time":1,"pid":7,"msg":"boom"}', said("error", "boom", { time: 1, pid: 7 })],
    ["bunyan fatal", '{"level":60,"msg":"gone"}', said("fatal", "gone")],
    ["winston", '{"level":"verbose","message":"hi","ip":"::1"}', said("debug", "hi", { ip: "::1" })],
    ["slog", '{"time":"t","level":"ERROR","msg":"no","err":"EOF"}', said("error", "no", { time: "t", err: "EOF" })],
    ["google severity", '{"severity":"CRITICAL","message":"m"}', said("fatal", "m")],
    ["structlog", '{"event":"user in","level":"warning"}', said("warn", "user in")],
    ["elastic", '{"log.level":"info","message":"m"}', said("info", "m")],
    ["JSON without a level", '{"msg":"m","a":1}', said("info", "m", { a: 1 })],
    ["JSON without a message is text", '{"a":1}', said("info", '{"a":1}')],
    ["JSON with a message that is no text is text", '{"msg":{"a":1}}', said("info", '{"msg":{"a":1}}')],
    ["JSON that is no object", "[1,2]", said("info", "[1,2]")],
    ["almost JSON", '{"msg":"m"', said("info", '{"msg":"m"')],
    ["a field named __proto__", '{"msg":"m","__proto__":1}', said("info", "m", JSON.parse('{"__proto__":1}') as Said["fields"])],
    ["empty", "", said("info", "")],
    ["plain", "listening on 8080", said("info", "listening on 8080")],
    ["level in capitals", "2026-11-21 10:00:00 WARN disk is slow", said("warn", "2026-11-21 10:00:00 WARN disk is slow")],
    ["level in brackets", "[error] no route", said("error", "[error] no route")],
    ["logfmt", 't=1 level=debug msg="x"', said("debug", 't=1 level=debug msg="x"')],
    ["compiler style", "warning: unused", said("warn", "warning: unused")],
    ["panic", "panic: runtime error", said("fatal", "panic: runtime error")],
    ["exception", "TypeError: x is not a function", said("error", "TypeError: x is not a function")],
    ["words that only sound alike", "0 errors, informational", said("info", "0 errors, informational")],
  ])("%s", (_what, line, expected) => expect(parseLine(line)).toEqual(expected));

  it("keeps the text of any line that is no JSON", () => {
    fc.assert(fc.property(fc.string({ unit: anyChar }), (text) => text.startsWith("{") || parseLine(text).msg === text));
  });

  it("keeps every value of any object", () => {
    const key = fc.oneof(fc.constantFrom("level", "msg", "message", "event", "severity", "ts", "node"), fc.string());
    fc.assert(
      fc.property(fc.dictionary(key, fc.jsonValue()), (object) => {
        const line = JSON.stringify(object);
        const { msg, event, fields } = parseLine(line);
        if (msg === line) return;
        const left = Object.entries(object).filter(
          ([name, value]) => !Object.is(value, msg) && !Object.is(value, event) && !(name in fields),
        );
        // what is left is the level (and, in a line of ours, its time and node), which the record says elsewhere
        for (const [name] of left) expect(["level", "severity", "ts", "node"]).toContain(name);
      }),
    );
  });
});
