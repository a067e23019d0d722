// Shows the time column in each of its styles, also where records step back and where a second, a day or summer begins.
import fc from "fast-check";
import { expect, it } from "vitest";
import { type TimeStyle, createClock } from "../../../src/logs/pretty/clock.js";
import { stampOfMs } from "../../../src/logs/stamp.js";

const stamps = [
  "2026-03-29T00:59:59.999999999Z",
  "2026-03-29T01:00:00.000000000Z",
  "2026-03-29T00:59:59.500000000Z",
  "2026-03-30T05:00:00.007000000Z",
];

it.each<[TimeStyle, readonly string[]]>([
  ["absolute", ["01:59:59.999", "03:00:00.000", "01:59:59.500", "07:00:00.007"]],
  ["utc", ["00:59:59.999Z", "01:00:00.000Z", "00:59:59.500Z", "05:00:00.007Z"]],
  ["relative", ["   +0.000s", "   +0.001s", "   -0.499s", "+100800.008s"]],
  ["none", ["", "", "", ""]],
])("%s", (style, expected) => {
  expect(stamps.map(createClock(style))).toEqual(expected);
});

it("shows every record's own time, whatever came before it", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 100_000 })), (times) => {
      const clock = createClock("absolute");
      for (const ms of times) expect(clock(stampOfMs(ms))).toBe(createClock("absolute")(stampOfMs(ms)));
    }),
  );
});
