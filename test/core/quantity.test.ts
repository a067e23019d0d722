// Shows how percentages, rates and sizes are read and written, and that what is written is read back.
import fc from "fast-check";
import { expect, test } from "vitest";
import { formatBytes, formatRate, parseBytes, parsePercent, parseRate } from "../../src/core/quantity.js";

test.each([
  ["2%", 2],
  ["2", 2],
  ["0.5%", 0.5],
  ["100%", 100],
  ["120%", 120],
  ["-10%", -10],
  ["+10%", 10],
  [" 3% ", 3],
])("%j is %d percent", (text, percent) => expect(parsePercent(text)).toBe(percent));

test.each(["", "%", "2%%", "2 %", ".5%", "1e2%", "two", "2,5%", "NaN%"])("%j is no percentage", (text) =>
  expect(parsePercent(text)).toBeUndefined(),
);

test.each([
  ["1mbit", 1_000_000],
  ["500kbit", 500_000],
  ["1.5gbit", 1_500_000_000],
  ["8000bit", 8000],
  ["1Mbit", 1_000_000],
])("%j is %d bits a second", (text, rate) => expect(parseRate(text)).toBe(rate));

test.each(["", "1", "1mb", "1mbps", "-1mbit", "1 mbit", "mbit", "1mbitx", "1constructor"])("%j is no rate", (text) =>
  expect(parseRate(text)).toBeUndefined(),
);

test.each([
  ["64mb", 64 * 1024 * 1024],
  ["1.5kb", 1536],
  ["2GB", 2 * 1024 ** 3],
  ["1600b", 1600],
])("%j is %d bytes", (text, bytes) => expect(parseBytes(text)).toBe(bytes));

test.each(["", "64", "64m", "64mib", "64mbit", "-1kb", "kb"])("%j is no size", (text) =>
  expect(parseBytes(text)).toBeUndefined(),
);

test.each([
  [999, "999bit"],
  [1000, "1kbit"],
  [1_500_000, "1.5mbit"],
  [10e9, "10gbit"],
  [0, "0bit"],
])("%d bits a second are written %s", (rate, text) => expect(formatRate(rate)).toBe(text));

test.each([
  [1023, "1023b"],
  [64 * 1024 * 1024, "64mb"],
  [1536, "1.5kb"],
])("%d bytes are written %s", (bytes, text) => expect(formatBytes(bytes)).toBe(text));

test("what is written can be read, and is near to what it was", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e12 }), (value) => {
      expect(Math.abs((parseRate(formatRate(value)) ?? 0) / value - 1)).toBeLessThan(0.001);
      expect(Math.abs((parseBytes(formatBytes(value)) ?? 0) / value - 1)).toBeLessThan(0.01);
    }),
  );
});
