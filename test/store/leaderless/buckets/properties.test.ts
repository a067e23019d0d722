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
])("takes %s", (_, given) => expect(problemWith(given, current, "update")).toBeUndefined());

it.each<[Partial<BucketProperties>, "create" | "update", RegExp]>([
  [{ nVal: 0 }, "update", /^n_val must be a whole number from 1 to/],
  [{ nVal: 2, r: 3 }, "update", /^r must be one, quorum, all, or a whole number from 1 up to n_val \(2\)/],
  [{ w: "some" as "one" }, "update", /^w must be/],
  [{ youngVclock: -1 }, "update", /^young_vclock must be a whole number/],
  [{ datatype: "set" }, "update", /^Cannot add datatype to existing bucket/],
  [{ datatype: "set", allowMult: false }, "create", /^Data Type buckets must be allow_mult=true/],
  [{ datatype: "list" as "set" }, "create", /^list not supported for bucket datatype property/],
  [{ consistent: true }, "create", /no strong consistency/],
  [{ allowMult: 1 as unknown as boolean }, "update", /^allow_mult must be true or false/],
  [{ r: 0 }, "update", /^r must be/],
  [{ hllPrecision: 17 }, "create", /hll_precision must be/],
])("refuses %j", (given, phase, why) => expect(problemWith(given, current, phase)).toMatch(why));

it("lets no bucket type change its data type, nor make its estimates finer", () => {
  const sets = { ...current, datatype: "set" } as const;
  expect(problemWith({ datatype: "map" }, sets, "update")).toMatch(/^Cannot update datatype/);
  expect(problemWith({ datatype: "set", allowMult: true }, sets, "update")).toBeUndefined();
  const hlls = { ...current, datatype: "hll", hllPrecision: 12 } as const;
  expect(problemWith({ hllPrecision: 13 }, hlls, "update")).toMatch(/only be made smaller/);
  expect(problemWith({ hllPrecision: 11 }, hlls, "update")).toBeUndefined();
});
