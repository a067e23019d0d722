// Shows that a histogram's percentiles are the samples' own, within its buckets, also after it was sent to another process and added up there.
import { expect, it } from "vitest";
import fc from "fast-check";
import { percentile } from "../../bench/figures.js";
import { Histogram } from "../../bench/histogram.js";

const durationsMs = fc.array(fc.double({ min: 0.001, max: 60_000, noNaN: true }), { minLength: 1, maxLength: 200 });
const shares = fc.constantFrom(0.001, 0.5, 0.9, 0.99, 1);
/** A bucket's width, and what floating point adds. */
const tolerance = 2 ** (1 / 64) * 1.000_001;

it("gives the percentile of all samples, over two processes, not below it and not beyond its bucket", () => {
  fc.assert(
    fc.property(durationsMs, durationsMs, shares, (one, other, share) => {
      const [here, there] = [new Histogram(), new Histogram()];
      for (const duration of one) here.record(duration);
      for (const duration of other) there.record(duration);
      here.add(JSON.parse(JSON.stringify(there)) as (number | null)[]);
      const exact = percentile([...one, ...other], share);
      expect(here.total).toBe(one.length + other.length);
      expect(here.percentile(share)).toBeGreaterThanOrEqual(exact / 1.000_001);
      expect(here.percentile(share)).toBeLessThanOrEqual(exact * tolerance);
    }),
  );
});

it("takes what is shorter than it can tell as the shortest, and has no percentile of nothing", () => {
  const histogram = new Histogram();
  expect(histogram.percentile(0.5)).toBeNaN();
  histogram.record(0);
  expect(histogram.percentile(0.5)).toBe(0.001);
});
