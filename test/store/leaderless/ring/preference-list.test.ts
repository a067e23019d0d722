// Preference lists are the first N distinct members clockwise; who cannot be reached is replaced by the next who can. A dumb walk says the same.
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  preferenceList,
  sloppyList,
  walksOf,
  type Owner,
  type Replica,
} from "../../../../src/store/leaderless/ring/preference-list.js";

const rings = fc.array(fc.constantFrom("a", "b", "c", "d", "e", "f"), { minLength: 8, maxLength: 16 });

/** Goes round the ring once, partition by partition. */
function walkOnce(owners: readonly string[], home: number): string[] {
  const met: string[] = [];
  for (let i = 0; i < owners.length; i++) {
    const owner = owners[(home + i) % owners.length] as string;
    if (!met.includes(owner)) met.push(owner);
  }
  return met;
}

/** Deals N answers to the members met, one each, again and again. */
function deal(members: readonly string[], n: number): Owner[] {
  const positions = new Map<string, number>();
  for (let i = 0; i < n; i++) {
    const member = members[i % members.length] as string;
    positions.set(member, (positions.get(member) ?? 0) + 1);
  }
  return [...positions].map(([member, count]) => ({ member, positions: count }));
}

function replaceByNext(walk: readonly string[], n: number, down: ReadonlySet<string>): Replica[] {
  const spare = walk.slice(n).filter((member) => !down.has(member));
  const out: Replica[] = [];
  for (const owner of deal(walk, n)) {
    if (!down.has(owner.member)) out.push(owner);
    else if (spare.length > 0) out.push({ member: spare.shift() as string, positions: owner.positions, hintFor: owner.member });
  }
  return out;
}

test("as a walk round the ring finds them", () => {
  fc.assert(
    fc.property(
      rings,
      fc.integer({ min: 1, max: 7 }),
      fc.uniqueArray(fc.constantFrom("a", "b", "c", "d", "e")),
      (owners, n, dead) => {
        const down = new Set<string>(dead);
        walksOf(owners).forEach((walk, home) => {
          expect(walk).toEqual(walkOnce(owners, home));
          expect(preferenceList(walk, n)).toEqual(deal(walk, n));
          expect(sloppyList(walk, n, (member) => !down.has(member))).toEqual(replaceByNext(walk, n, down));
        });
      },
    ),
  );
});

test("in a cluster smaller than N its members give more than one answer each", () => {
  expect(preferenceList(["a"], 3)).toEqual([{ member: "a", positions: 3 }]);
  expect(preferenceList(["b", "a"], 3)).toEqual([
    { member: "b", positions: 2 },
    { member: "a", positions: 1 },
  ]);
});

test("owners that answer are never replaced, and the whole list is reachable", () => {
  expect(sloppyList(["a", "b", "c", "d", "e"], 3, (member) => member !== "a" && member !== "d")).toEqual([
    { member: "e", positions: 1, hintFor: "a" },
    { member: "b", positions: 1 },
    { member: "c", positions: 1 },
  ]);
});
