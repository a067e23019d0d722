// Claim keeps a ring balanced within one partition and its successive partitions on distinct members, and moves little more than it must.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createPrng } from "../../../../src/core/prng.js";
import { claim, fewestMoves, moved, targetN } from "../../../../src/store/leaderless/ring/claim.js";
import { walksOf } from "../../../../src/store/leaderless/ring/preference-list.js";
import { clashes } from "../../../../src/store/leaderless/ring/spacing.js";

const named = (count: number): string[] => Array.from({ length: count }, (_, i) => `n${i + 1}`);
const unowned = (ringSize: number): string[] => Array.from({ length: ringSize }, () => "");

function imbalance(owners: readonly string[], members: readonly string[]): number {
  const counts = members.map((member) => owners.filter((owner) => owner === member).length);
  return Math.max(...counts) - Math.min(...counts);
}

/** Pairs of partitions with one owner that are too close, found by comparing all with all. */
function clashesByPairs(owners: readonly string[], distance: number): number {
  let count = 0;
  for (let a = 0; a < owners.length; a++) {
    for (let b = 0; b < a; b++) {
      const apart = Math.min(a - b, owners.length - (a - b));
      if (apart < distance && owners[a] === owners[b]) count++;
    }
  }
  return count;
}

test("clashes are what comparing all pairs finds", () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom("a", "b", "c"), { minLength: 8, maxLength: 20 }),
      fc.constantFrom(1, 2, 3, 4),
      (owners, distance) => {
        expect(clashes(owners, distance)).toBe(clashesByPairs(owners, distance));
      },
    ),
  );
});

test("the fewest moves are those that fill up who owns too little, whoever keeps one more", () => {
  expect(fewestMoves(unowned(8), ["a", "b"])).toBe(8);
  expect(fewestMoves(["a", "a", "a", "a", "a", "a", "a", "a"], ["a", "b", "c"])).toBe(5);
  expect(fewestMoves(["a", "b", "c", "a", "b", "c", "a", "b"], ["a", "b", "c"])).toBe(0);
  expect(fewestMoves(["a", "b", "c", "a", "b", "c", "a", "b"], ["a", "b", "d"])).toBe(2);
});

describe.each([8, 64, 256])("a ring of %i partitions that begins anew", (ringSize) => {
  // three members can only stand in one order again and again, which a power of two is no multiple of
  const counts = named(Math.min(20, ringSize / 2)).map((_, i) => i + 1);
  const solvable = counts.filter((count) => count !== 3);
  test.each(solvable)("has no clash among %i members, over its end neither", (count) => {
    for (const distance of [targetN, 4]) {
      const owners = claim(unowned(ringSize), named(count), distance);
      expect(clashes(owners, Math.min(distance, count))).toBe(0);
      expect(imbalance(owners, named(count))).toBeLessThanOrEqual(1);
    }
  });

  test("has as few as there can be among three", () => {
    const owners = claim(unowned(ringSize), named(3));
    expect(clashes(owners, 3)).toBeLessThanOrEqual(ringSize % 3 === 1 ? 4 : 2);
    expect(imbalance(owners, named(3))).toBeLessThanOrEqual(1);
  });
});

test("many joins and leaves: balance, few moves, distinct neighbours", { timeout: 60_000 }, () => {
  let plans = 0;
  let untangled = 0;
  for (let seed = 1; seed <= 20; seed++) {
    const prng = createPrng(seed);
    let next = 20;
    let members = named(prng.int(1, 20));
    let owners = claim(unowned(64), members);
    for (let step = 0; step < 40; step++) {
      const isJoin = members.length <= 3 || (members.length < 20 && prng.chance(0.5));
      const leaver = prng.pick(members);
      members = isJoin ? [...members, `n${++next}`] : members.filter((member) => member !== leaver);
      const after = claim(owners, prng.shuffle(members));
      // a joiner's fair share, or all that the leaver had
      const ideal = isJoin ? 64 / members.length : owners.filter((owner) => owner === leaver).length;
      expect(moved(owners, after)).toBeLessThanOrEqual(1.2 * ideal);
      expect(imbalance(after, members)).toBeLessThanOrEqual(1);
      expect(claim(owners, members)).toEqual(after);
      // a preference list has each member once anyway; a clash makes two lists longer, no more. Four members have little choice
      const isRoomy = members.length > 4;
      plans += isRoomy ? 1 : 0;
      untangled += isRoomy && clashes(after, targetN) === 0 ? 1 : 0;
      expect(isRoomy ? clashes(after, targetN) : 0).toBeLessThanOrEqual(4);
      owners = after;
    }
  }
  expect(untangled / plans).toBeGreaterThan(0.97);
});

test("the copies that move are the new member's share of them, or those of who leaves", () => {
  const listsOf = (owners: readonly string[]): string[][] => walksOf(owners).map((walk) => walk.slice(0, 3));
  const copiesMoved = (before: readonly string[], after: readonly string[]): number => {
    const lists = listsOf(before);
    return listsOf(after).flatMap((list, home) => list.filter((member) => !lists[home]?.includes(member))).length;
  };
  for (let count = 4; count <= 20; count++) {
    const owners = claim(unowned(64), named(count));
    const joined = copiesMoved(owners, claim(owners, named(count + 1)));
    expect(joined).toBeGreaterThan(0);
    expect(joined).toBeLessThanOrEqual(1.2 * ((3 * 64) / (count + 1)));
    const leaver = `n${count}`;
    const held = listsOf(owners).filter((list) => list.includes(leaver)).length;
    expect(copiesMoved(owners, claim(owners, named(count - 1)))).toBeLessThanOrEqual(1.2 * held);
  }
});

test("several changes at once, and a ring that one member had to itself", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.integer({ min: 1, max: 12 }), { minLength: 1 }),
      fc.uniqueArray(fc.integer({ min: 1, max: 12 }), { minLength: 1 }),
      (was, is) => {
        const [before, after] = [was, is].map((numbers) => numbers.map((number) => `n${number}`)) as [string[], string[]];
        const owners = claim(unowned(64), before);
        const claimed = claim(owners, after);
        expect(imbalance(claimed, after)).toBeLessThanOrEqual(1);
        expect(moved(owners, claimed)).toBeLessThanOrEqual(1.2 * fewestMoves(owners, after));
      },
    ),
    { numRuns: 50 },
  );
});

test("nothing moves where nothing changed", () => {
  for (let count = 1; count <= 20; count++) {
    if (count === 3) continue;
    const owners = claim(unowned(64), named(count));
    expect(claim(owners, named(count))).toEqual(owners);
  }
});
