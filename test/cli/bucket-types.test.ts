// Shows how properties of bucket types are typed, and how types are shown.
import { Chalk } from "chalk";
import { expect, test } from "vitest";
import { parseBucketTypeProps } from "../../src/cli/bucket-type-props.js";
import { describeBucketType, renderBucketType, renderBucketTypes } from "../../src/cli/render-bucket-types.js";
import type { ClusterBucketType } from "../../src/cluster/ring/bucket-types.js";

test.each([
  [[], {}],
  [["datatype=set", "n_val=5", "allow_mult=true", "w=quorum"], { datatype: "set", n_val: 5, allow_mult: true, w: "quorum" }],
  [['{"props":{"datatype":"map"}}'], { datatype: "map" }],
  [['{"datatype":"map"}'], { datatype: "map" }],
])("%j is %j", (words, props) => {
  expect(parseBucketTypeProps(words)).toEqual(props);
});

test.each([["set"], ["=set"], ["datatype="], ["{"], ['{"props":7}']])(
  "%s is no property, and how to write one is told",
  (word) => {
    expect(() => parseBucketTypeProps([word])).toThrow(
      expect.objectContaining({ code: "USAGE", hint: expect.stringContaining("datatype=set") }),
    );
  },
);

const usual = { allow_mult: true, n_val: 3, chash_keyfun: { mod: "m" } };

function type(name: string, change: Partial<ClusterBucketType> = {}): ClusterBucketType {
  return { name, status: "active", waitsFor: [], props: usual, behind: [], ...change };
}

test("says in a sentence whether clients can use a type", () => {
  expect(describeBucketType(type("sets"))).toBe("sets is active");
  expect(describeBucketType(type("sets", { behind: ["n2"] }))).toBe("sets is active; n2 is behind");
  expect(describeBucketType(type("sets", { status: "ready" }))).toContain("devious bucket-type activate sets");
  const waiting = type("sets", { status: "created", waitsFor: ["n2", "n3"] });
  expect(describeBucketType(waiting)).toBe("sets is created, and waits until n2, n3 know it");
});

test("lists types with what they have otherwise than the default type, and one with all it has", () => {
  const sets = type("sets", {
    status: "created",
    waitsFor: ["n3"],
    behind: ["n2"],
    props: { ...usual, datatype: "set", n_val: 2 },
  });
  expect(renderBucketTypes([type("default"), sets], new Chalk({ level: 0 })).split("\n")).toEqual([
    "TYPE     STATUS   NOT YET AT  PROPERTIES",
    "default  active   -           -",
    "sets     created  n2,n3       n_val=2 datatype=set",
  ]);
  expect(renderBucketType(type("sets")).split("\n")).toEqual([
    "sets is active",
    "",
    "allow_mult: true",
    "n_val: 3",
    'chash_keyfun: {"mod":"m"}',
  ]);
});
