// Shows what properties a bucket has that nobody has set any for, and which ones are refused.
import { expect, it } from "vitest";
import type { BucketProperties } from "../../../../src/store/leaderless/api.js";
import { defaultProperties, problemWith } from "../../../../src/store/leaderless/buckets/properties.js";

const defaults = { n: 3, r: "quorum", w: "quorum", conflict: "siblings", clock: "dvv" } as const;
const current = defaultProperties(defaults);

it("keeps siblings unless it is asked not to", () => {
  expect(current).toMatchObject({ nVal: 3, allowMult: true, lastWriteWins: false, dvvEnabled: true });
  expect(defaultProperties({ ...defaults, conflict: "lww" })).toMatchObject({ allowMult: false, lastWriteWins: true });
  expect(defaultProperties({ ...defaults, clock: "vclock" })).toMatchObject({ allowMult: true, dvvEnabled: false });
});

it.each<[string, Partial<BucketProperties>]>([
  ["fewer copies, all quorums in words", { nVal: 1 }],
  ["a number of copies and quorums up to it", { nVal: 5, r: 5, w: "all", pw: 0 }],
  ["last write wins", { allowMult: false, lastWriteWins: true }],
])("takes %s", (_, given) => expect(problemWith(given, current, false)).toBeUndefined());

it.each<[Partial<BucketProperties>, boolean, RegExp]>([
  [{ nVal: 0 }, false, /^n_val must be a whole number from 1 to/],
  [{ nVal: 2, r: 3 }, false, /^r must be one, quorum, all, or a whole number up to n_val \(2\)/],
  [{ w: "some" as "one" }, false, /^w must be/],
  [{ youngVclock: -1 }, false, /^young_vclock must be a whole number/],
  [{ datatype: "set" }, false, /are for bucket types/],
  [{ datatype: "set", allowMult: false }, true, /data types need allow_mult/],
  [{ hllPrecision: 17 }, true, /hll_precision must be/],
])("refuses %j", (given, isType, why) => expect(problemWith(given, current, isType)).toMatch(why));

it("lets no bucket type change its data type, nor make its estimates finer", () => {
  const sets = { ...current, datatype: "set" } as const;
  expect(problemWith({ datatype: "map" }, sets, true)).toMatch(/cannot be changed/);
  const hlls = { ...current, datatype: "hll", hllPrecision: 12 } as const;
  expect(problemWith({ hllPrecision: 13 }, hlls, true)).toMatch(/only be made smaller/);
  expect(problemWith({ hllPrecision: 11 }, hlls, true)).toBeUndefined();
});
