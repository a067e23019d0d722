// Shows how objects that were read are counted by how many siblings they had.
import fc from "fast-check";
import { expect, test } from "vitest";
import { SiblingCounts } from "../../../../src/store/leaderless/objects/sibling-counts.js";

function counted(...siblings: readonly number[]): SiblingCounts["histogram"] {
  const counts = new SiblingCounts();
  for (const each of siblings) counts.note(each);
  return counts.histogram;
}

test("each class takes what is above the one before it; an object that is not there is in none", () => {
  expect(counted(0, 1, 1, 2, 3, 4, 5, 6, 10, 11, 700)).toEqual({ 1: 2, 2: 1, 3: 1, 5: 2, 10: 2, more: 2, most: 700 });
  expect(counted()).toEqual({ 1: 0, 2: 0, 3: 0, 5: 0, 10: 0, more: 0, most: 0 });
});

test("every object is in one class", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 50 })), (siblings) => {
      const { most, ...classes } = counted(...siblings);
      expect(Object.values(classes).reduce((sum, count) => sum + count, 0)).toBe(siblings.length);
      expect(most).toBe(Math.max(0, ...siblings));
    }),
  );
});
