// No line keeps a user's expression busy for ever, and what it finds is what it finds without that care.
import { createContext, runInContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { parsePattern } from "../../src/logs/filter.js";
import { bounded } from "../../src/logs/bounded-pattern.js";
import { createParser } from "../../src/logs/parse.js";

/** What it returns; throws where it would go on and on, which only a context of its own can end. */
function within<T>(run: () => T): T {
  return runInContext("run()", createContext({ run }), { timeout: 10_000 }) as T;
}

const long = `${"a".repeat(5000)}!`;

describe("an expression that would try every way through a line", () => {
  it("of --grep and --until-match does not match in the end", () => {
    expect(within(() => parsePattern("(a+)+$", "--grep").test(long))).toBe(false);
    expect(within(() => parsePattern("^(a|aa)+$", "--grep").test(long))).toBe(false);
    expect(within(() => parsePattern("(.*)(.*)(.*)(.*)x$", "--grep").test(long))).toBe(false);
  });

  it("of a spec leaves the line as it is", () => {
    const parse = createParser({ pattern: "^(?<msg>(a+)+)$" });
    expect(within(() => parse(long))).toMatchObject({ msg: long, fields: {} });
  });

  it("is not cut short by anything else here", () => {
    expect(() => runInContext("run()", createContext({ run: () => /(a+)+$/u.test(long) }), { timeout: 50 })).toThrow(/timed out/);
  });
});

it.each([
  ["^(?<time>\\S+) (?<level>[A-Z]) job=(?<job>\\d+) (?<msg>.*)$", "12:00 E job=7 größer 🚀"],
  ["(?i)LOST", "lost"],
  ["\\p{Lu}", "größer Ä"],
  ["\\u{1F680}", "🚀"],
  ["🚀+", "🚀🚀"],
  ["(?<=n)\\d", "n1"],
  ["(a)\\1", "aa"],
  ["nothing", "something"],
])("%s finds in %j what it finds without", (source, text) => {
  const plain = new RegExp(source.replace("(?i)", ""), source.startsWith("(?i)") ? "iu" : "u");
  expect(bounded(plain).exec(text)).toEqual(plain.exec(text));
});
