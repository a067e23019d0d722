// Shows that buckets which double in width count what a histogram made afterwards would, in constant memory.
import fc from "fast-check";
import { expect, it } from "vitest";
import { msOfStamp, stampOfMs, zeroStamp } from "../../../src/logs/stamp.js";
import { createStampTime } from "../../../src/logs/summary/stamp-time.js";
import { TimeBuckets } from "../../../src/logs/summary/time-buckets.js";

const event = fc.record({
  ms: fc.oneof(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 100_000 })).map((ms) => 1_000_000 + ms),
  row: fc.constantFrom("n1", "n2"),
  level: fc.constantFrom("info" as const, "error" as const),
});

it("counts as a dumb twin that knows the whole story beforehand", () => {
  fc.assert(
    fc.property(fc.array(event, { minLength: 1, maxLength: 50 }), (events) => {
      const buckets = new TimeBuckets(8);
      for (const { ms, row, level } of events) buckets.add(ms, row, level);
      const fromMs = events[0]?.ms ?? 0;
      const spanMs = Math.max(...events.map(({ ms }) => ms)) - fromMs;
      let widthMs = 1;
      while (widthMs * 8 <= spanMs) widthMs *= 2;
      expect(buckets).toMatchObject({ fromMs, widthMs, used: Math.floor(spanMs / widthMs) + 1 });
      for (const [row, counts] of buckets.rows()) {
        for (const [level, ofLevel] of Object.entries(counts)) {
          const own = events.filter((one) => one.row === row && one.level === level);
          const places = own.map(({ ms }) => Math.max(0, Math.floor((ms - fromMs) / widthMs)));
          expect(ofLevel).toEqual(
            Array.from({ length: buckets.used }, (_, bucket) => places.filter((place) => place === bucket).length),
          );
        }
      }
    }),
  );
});

it("reads stamps as the slow way does", () => {
  const read = createStampTime();
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4e12 }), (ms) => {
      expect(read(stampOfMs(ms))).toBe(msOfStamp(stampOfMs(ms)));
    }),
  );
  expect(read(zeroStamp)).toBeUndefined();
});
