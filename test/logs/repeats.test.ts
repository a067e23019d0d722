// Shows that what Docker sends twice around a rotation is found, and that honest lines which only look alike are not.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { StreamName } from "../../src/core/log-record.js";
import { Repeats } from "../../src/logs/repeats.js";
import { stampAt } from "./docker-log.js";

/** `o` stdout, `e` stderr, the stamp in ns, the text; without `/` it is a chunk of a line that goes on. */
type Said = readonly [stream: "o" | "e", ns: number, text: string];

function kept(pieces: readonly Said[]): string[] {
  const repeats = new Repeats();
  const open = new Set<StreamName>();
  return pieces
    .filter(([which, ns, text]) => {
      const stream = which === "o" ? "stdout" : "stderr";
      const ended = text.endsWith("/");
      if (repeats.has(stream, stampAt(ns), ended && !open.has(stream) ? text : undefined)) return false;
      if (ended) open.delete(stream);
      else open.add(stream);
      return true;
    })
    .map(([which, ns, text]) => `${which}${ns}${text}`);
}

describe("repeats", () => {
  it.each<[string, Said[], string[]]>([
    [
      "the last lines again, then new ones",
      [
        ["o", 1, "a/"],
        ["o", 2, "b/"],
        ["o", 3, "c/"],
        ["o", 2, "b/"],
        ["o", 3, "c/"],
        ["o", 4, "d/"],
      ],
      ["o1a/", "o2b/", "o3c/", "o4d/"],
    ],
    [
      "only the last line again",
      [
        ["o", 1, "a/"],
        ["o", 1, "a/"],
        ["o", 2, "b/"],
      ],
      ["o1a/", "o2b/"],
    ],
    [
      "with several lines at the last stamp, and one more of them",
      [
        ["o", 1, "a/"],
        ["o", 2, "b/"],
        ["o", 2, "c/"],
        ["o", 1, "a/"],
        ["o", 2, "b/"],
        ["o", 2, "c/"],
        ["o", 2, "d/"],
      ],
      ["o1a/", "o2b/", "o2c/", "o2d/"],
    ],
    [
      "different lines at one stamp are all honest",
      [
        ["o", 1, "a/"],
        ["o", 1, "b/"],
      ],
      ["o1a/", "o1b/"],
    ],
    [
      "chunks of one line look alike and are honest",
      [
        ["o", 1, "x"],
        ["o", 1, "x"],
        ["o", 1, "x/"],
      ],
      ["o1x", "o1x", "o1x/"],
    ],
    [
      "the other stream may be behind",
      [
        ["o", 2, "a/"],
        ["e", 1, "b/"],
        ["o", 3, "c/"],
      ],
      ["o2a/", "e1b/", "o3c/"],
    ],
    [
      "a clock that was set back",
      [
        ["o", 5, "a/"],
        ["o", 2, "b/"],
        ["o", 3, "c/"],
      ],
      ["o5a/", "o2b/", "o3c/"],
    ],
  ])("%s", (_what, pieces, expected) => expect(kept(pieces)).toEqual(expected));

  it("are found wherever the engine begins again", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(2), { minLength: 1, maxLength: 30 }), fc.nat(), fc.nat(), (steps, end, back) => {
        let ns = 0;
        const honest = steps.map((step, i): Said => ["o", (ns += step), `${i}/`]);
        const at = 1 + (end % honest.length);
        // from the first line of some stamp: a line in the middle of equal stamps is not told from an honest one
        const start = honest.findIndex(([, stamp]) => stamp === honest[back % at]?.[1]);
        const before = honest.slice(0, at);
        const distinct = before.at(-1)?.[1] !== before[start]?.[1] || start === at - 1;
        fc.pre(distinct);
        expect(kept([...before, ...honest.slice(start, at), ...honest.slice(at)])).toEqual(kept(honest));
        expect(kept(honest)).toHaveLength(honest.length);
      }),
    );
  });
});
