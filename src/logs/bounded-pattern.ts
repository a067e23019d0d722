import { setFlagsFromString } from "node:v8";

/** What the linear engine has not: properties and code points of Unicode, in the pattern itself. */
const unicodeOnly = /\\(?:[pP]|u\{)|[^\0-\uffff]/u;

/**
 * The user's expression, so that no line can keep it busy for ever. A backtracking engine may need time exponential in a line's length
 * (`(a+)+$` and thirty letters), and nothing else would happen meanwhile: V8 is told to match anew with its linear engine where it
 * has gone back 50,000 times, which changes no result. It costs nothing before, where another library's linear engine takes fifty times as
 * long for every line.
 *
 * V8's linear engine knows no flag `u`, so it is left out where only the meaning of a single `.` on half a character hangs on it. It also has
 * neither lookaround, references to groups nor blindness to case: such expressions are matched as they ever were.
 */
export function bounded(pattern: RegExp): RegExp {
  if (pattern.ignoreCase || unicodeOnly.test(pattern.source)) return pattern;
  setFlagsFromString("--enable-experimental-regexp-engine-on-excessive-backtracks");
  return new RegExp(pattern.source);
}
