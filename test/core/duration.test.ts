// Shows how durations are read and written, and that what is written is read back.
import fc from "fast-check";
import { expect, test } from "vitest";
import { formatDuration, parseDuration } from "../../src/core/duration.js";

test.each([
  ["250ms", 250],
  ["0.5s", 500],
  ["1.5s", 1500],
  ["90s", 90_000],
  ["1m30s", 90_000],
  ["2h", 7_200_000],
  ["1h1m1s1ms", 3_661_001],
  [" 10s ", 10_000],
  ["500us", 0.5],
  ["0s", 0],
])("%j is %d ms", (text, ms) => expect(parseDuration(text)).toBe(ms));

test.each(["", " ", "10", "s", "-1s", "+1s", "1.s", ".5s", "1e3ms", "1 s", "10sec", "1d", "1S", "1s,2s", "NaNs", "∞"])(
  "%j is no duration",
  (text) => expect(parseDuration(text)).toBeUndefined(),
);

test.each([
  [0, "0ms"],
  [-5, "0ms"],
  [0.6, "1ms"],
  [999, "999ms"],
  [1000, "1s"],
  [1050, "1.05s"],
  [9999, "10s"],
  [59_949, "59.9s"],
  [60_000, "1m"],
  [90_000, "1m30s"],
  [3_600_000, "1h"],
  [3_661_000, "1h1m1s"],
  [86_400_000, "24h"],
])("%d ms is written %s", (ms, text) => expect(formatDuration(ms)).toBe(text));

test("what is written is a duration, near to what it was", () => {
  fc.assert(
    fc.property(fc.nat({ max: 10 * 86_400_000 }), (ms) => {
      const read = parseDuration(formatDuration(ms));
      expect(Math.abs((read ?? Number.NaN) - ms)).toBeLessThanOrEqual(ms < 1000 ? 0 : ms < 60_000 ? 51 : 500);
    }),
  );
});

test("whole seconds up to an hour come back as they were", () => {
  for (let s = 0; s <= 3600; s++) expect(parseDuration(formatDuration(s * 1000))).toBe(s * 1000);
});
