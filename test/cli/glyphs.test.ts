// Shows where we draw with ASCII only, and that nothing else is left of what we draw, column for column.
import { readFileSync } from "node:fs";
import { Chalk } from "chalk";
import { describe, expect, it } from "vitest";
import { asAscii, takesUtf8 } from "../../src/cli/glyphs.js";
import { terminalOf } from "../../src/cli/terminal.js";
import { createPretty } from "../../src/logs/pretty/pretty.js";
import { recordAt } from "../logs/record.js";

describe("UTF-8 is taken", () => {
  it.each<[Readonly<Record<string, string>>, NodeJS.Platform, boolean]>([
    [{ LANG: "en_US.UTF-8" }, "linux", true],
    [{ LANG: "de_DE.utf8" }, "linux", true],
    [{ LANG: "C.UTF-8" }, "linux", true],
    [{ LANG: "de_DE.UTF-8@euro" }, "linux", true],
    [{ LC_CTYPE: "UTF-8" }, "darwin", true],
    [{ LC_ALL: "C.UTF-8", LANG: "C" }, "linux", true],
    [{ LC_CTYPE: "C.UTF-8", LANG: "C" }, "linux", true],
    [{ LC_ALL: "", LC_CTYPE: "", LANG: "C.UTF-8" }, "linux", true],
    [{ LC_ALL: "C", LC_CTYPE: "C.UTF-8", LANG: "C.UTF-8" }, "linux", false],
    [{ LC_CTYPE: "POSIX", LANG: "C.UTF-8" }, "linux", false],
    [{ LANG: "C" }, "darwin", false],
    [{ LANG: "en_US.ISO-8859-1" }, "linux", false],
    [{ LANG: "en_US" }, "linux", false],
    [{}, "linux", false],
    [{}, "darwin", true],
    [{ TERM: "xterm-256color", LANG: "C.UTF-8" }, "linux", true],
    [{ TERM: "linux", LANG: "C.UTF-8" }, "linux", false],
  ])("%j on %s: %s", (env, platform, expected) => {
    expect(takesUtf8(env, platform)).toBe(expected);
    expect(terminalOf({}, env, platform).ascii).toBe(!expected);
  });
});

it.each(["logs/summary-100", "logs/summary-160", "scenario/leader-flap-80", "scenario/leader-flap-120"])(
  "%s is ASCII, as wide as it was",
  (name) => {
    const text = readFileSync(new URL(`../golden/${name}.txt`, import.meta.url), "utf8");
    const drawn = asAscii(text);
    expect(drawn).toMatch(/^[\0-\x7f]*$/);
    expect(drawn.split("\n").map((line) => line.length)).toEqual(text.split("\n").map((line) => line.length));
    // and there was something to do
    expect(drawn).not.toBe(text);
  },
);

it("what nodes say is left as it is", () => {
  const { line } = createPretty({ chalk: new Chalk({ level: 0 }), ascii: true });
  expect(line(recordAt(0, { msg: "größer … ▇" }))).toMatch(/größer … ▇$/);
});
