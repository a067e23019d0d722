// Shows that patterns over terms find what JavaScript's expressions find, in a time that no pattern can stretch, and refuse what they cannot do.
import { setFlagsFromString } from "node:v8";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PatternError } from "../../../../src/store/leaderless/listing/pattern-syntax.js";
import { TermPattern } from "../../../../src/store/leaderless/listing/term-pattern.js";

// some patterns have JavaScript try more ways than it can in a year: then it goes all of them at once, as ours do
setFlagsFromString("--enable-experimental-regexp-engine-on-excessive-backtracks");

/** Any pattern of what both know. */
const { pattern } = fc.letrec<{
  readonly single: string;
  readonly repeated: string;
  readonly sequence: string;
  readonly pattern: string;
}>((tie) => ({
  single: fc.oneof(
    { maxDepth: 2 },
    fc.constantFrom("a", "b", "_", ".", "\\d", "\\W", "\\s", "[ab]", "[^a]", "[a-c1-]", "[\\d_]", "\\x61", "\\.", "\\-", "-"),
    fc.constantFrom("^", "$", "\\b", "\\B"),
    tie("pattern").map((inner) => `(${inner})`),
    tie("pattern").map((inner) => `(?:${inner})`),
  ),
  repeated: fc
    .tuple(tie("single"), fc.constantFrom("", "", "*", "+", "?", "{2}", "{1,}", "{0,2}", "*?", "{2,3}?"))
    .map(([single, times]) => (/^(?:[$^]|\\[bB])$/.test(single) ? single : single + times)),
  sequence: fc.array(tie("repeated"), { maxLength: 4 }).map((parts) => parts.join("")),
  pattern: fc.array(tie("sequence"), { minLength: 1, maxLength: 3 }).map((parts) => parts.join("|")),
}));
const term = fc.string({ unit: fc.constantFrom("a", "b", "c", "1", "_", "-", " ", ".", "\xe9"), maxLength: 6 });

test("finds what JavaScript finds", () => {
  fc.assert(
    fc.property(pattern, fc.array(term, { minLength: 1, maxLength: 10 }), (source, terms) => {
      const ours = compiled(source);
      if (ours === undefined) return;
      const theirs = new RegExp(source);
      for (const each of terms) expect([source, each, ours.matches(each)]).toEqual([source, each, theirs.test(each)]);
    }),
    { numRuns: 500 },
  );
});

/** Undefined: it is too large for us. */
function compiled(source: string): TermPattern | undefined {
  try {
    return new TermPattern(source);
  } catch (error) {
    if (error instanceof PatternError && error.message.includes("steps")) return undefined;
    throw error;
  }
}

test("a term costs no more steps than the pattern has, for each byte", () => {
  const long = "a".repeat(20_000);
  for (const source of ["(a+)+$", "(a|a)*b", "(a*)*b", "(.*)*x", "(((){1000}){1000}){1000}b"]) {
    const ours = compiled(source);
    expect(ours?.matches(`${long}!`) ?? false).toBe(false);
  }
});

describe("refused", () => {
  test.each([
    ["(a", "not closed"],
    ["a)", "closed that was not opened"],
    ["*a", "nothing to repeat"],
    ["^*", "nothing to repeat"],
    ["a**", "repetition is repeated"],
    ["a++", "repetition is repeated"],
    ["(?=a)", "only (?:…)"],
    ["(?<!a)", "only (?:…)"],
    ["(a)\\1", "\\1 is not there"],
    ["\\p{L}", "\\p is not there"],
    ["[[:alpha:]]", "named classes"],
    ["[a", "not closed"],
    ["[z-a]", "out of order"],
    ["a{3,2}", "out of order"],
    ["a{1001}", "more than 1000 times"],
    ["(a{30}){30}", "more than 500 steps"],
    ["\\x1", "two hexadecimal digits"],
    ["a\\", "last character"],
    ["(".repeat(60) + ")".repeat(60), "more than 50 groups"],
  ])("%s", (source, why) => {
    expect(() => new TermPattern(source)).toThrow(PatternError);
    expect(() => new TermPattern(source)).toThrow(why);
  });

  test("whatever it is, it is compiled or refused", () => {
    const chars = fc.string({ unit: fc.constantFrom(...Array.from("ab(){}[]|*+?^$.\\,-19:=xdb")), maxLength: 20 });
    fc.assert(
      fc.property(chars, (source) => {
        expect(problemOf(source)).toSatisfy((problem) => problem === undefined || problem instanceof PatternError);
      }),
      { numRuns: 3000 },
    );
  });
});

function problemOf(source: string): unknown {
  try {
    new TermPattern(source).matches("ab1");
    return undefined;
  } catch (error) {
    return error;
  }
}
