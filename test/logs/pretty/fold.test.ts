// Shows which neighbours say the same: those that are equal once every run of digits is masked.
import fc from "fast-check";
import { expect, it } from "vitest";
import type { LogRecord } from "../../../src/core/log-record.js";
import { isRepeat, sameButDigits } from "../../../src/logs/pretty/fold.js";
import { saidAt } from "./story.js";

it("masks as a dumb twin masks", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "b", "1", "2", "٣") });
  const masked = (said: string): string => said.replaceAll(/[0-9]+/g, "#");
  fc.assert(
    fc.property(text, text, (a, b) => {
      expect(sameButDigits(a, b)).toBe(masked(a) === masked(b));
      expect(sameButDigits(a, a.replaceAll("1", "22"))).toBe(true);
    }),
  );
});

it.each<[string, Partial<LogRecord>, boolean]>([
  ["the same", {}, true],
  ["other digits", { msg: "retry 12" }, true],
  ["other fields", { fields: { peer: "n3" } }, true],
  ["another message", { msg: "give up 1" }, false],
  ["another node", { node: "n2" }, false],
  ["another level", { level: "warn" }, false],
  ["another event", { event: "retried" }, false],
  ["a flag", { flags: ["gap"] }, false],
])("%s", (_what, next, folded) => {
  const first = saidAt(0, { msg: "retry 1" });
  expect(isRepeat(first, { ...first, ...next })).toBe(folded);
});
