// Shows that grudges mean what their shapes say: symmetry, rings, unions, one-way cuts, and the rest as one more group.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Grudge, deafNodes, grudgeOf, oneWay, ring, split, union, withRest } from "../../src/chaos/grudge.js";

const nodes = ["n1", "n2", "n3", "n4", "n5"];
const hears = (grudge: Grudge, receiver: string, sender: string): boolean => !(grudge[receiver] ?? []).includes(sender);
const pairs = nodes.flatMap((a) => nodes.filter((b) => b !== a).map((b) => [a, b] as const));
const someGroups = fc.array(fc.subarray(nodes, { minLength: 1 }), { minLength: 1, maxLength: 4 });
const someGrudge = fc.subarray(pairs).map((some) => grudgeOf(some));

test.each<[string, Grudge, Grudge]>([
  ["a split of two sides", split([["n1"], ["n2", "n3"]]), { n1: ["n2", "n3"], n2: ["n1"], n3: ["n1"] }],
  [
    "a bridge hears both sides",
    split([
      ["n1", "n2"],
      ["n2", "n3"],
    ]),
    { n1: ["n3"], n3: ["n1"] },
  ],
  ["one group cuts nothing", split([["n1", "n2"]]), {}],
  ["one way only", oneWay(["n1"], ["n2", "n3"]), { n2: ["n1"], n3: ["n1"] }],
  ["one way, not from itself", oneWay(["n1", "n2"], ["n2"]), { n2: ["n1"] }],
  ["two cuts at once", union([oneWay(["n1"], ["n2"]), oneWay(["n3"], ["n2"])]), { n2: ["n1", "n3"] }],
])("%s", (_, grudge, expected) => {
  expect(grudge).toEqual(expected);
});

describe("for all groups", () => {
  test("two nodes hear each other exactly when a group holds both", () => {
    fc.assert(
      fc.property(someGroups, (groups) => {
        const grudge = split(groups);
        for (const [a, b] of pairs) {
          const bothNamed = groups.flat().includes(a) && groups.flat().includes(b);
          const together = groups.some((group) => group.includes(a) && group.includes(b));
          expect(hears(grudge, a, b)).toBe(!bothNamed || together);
          expect(hears(grudge, a, b)).toBe(hears(grudge, b, a));
        }
      }),
    );
  });

  test("with the rest as a group every node is named", () => {
    fc.assert(
      fc.property(someGroups, (groups) => {
        expect(new Set(withRest(groups, nodes).flat())).toEqual(new Set(nodes));
      }),
    );
  });
});

test("a union is commutative, associative and idempotent, and nobody hears more than under one of its parts", () => {
  fc.assert(
    fc.property(someGrudge, someGrudge, someGrudge, (a, b, c) => {
      expect(union([a, b])).toEqual(union([b, a]));
      expect(union([union([a, b]), c])).toEqual(union([a, union([b, c])]));
      expect(union([a, a])).toEqual(a);
      for (const [receiver, sender] of pairs) {
        expect(hears(union([a, b]), receiver, sender)).toBe(hears(a, receiver, sender) && hears(b, receiver, sender));
      }
      expect(deafNodes(a)).toEqual(Object.keys(a));
    }),
  );
});

describe("a ring", () => {
  const others = (count: number): readonly string[] => Array.from({ length: count }, (_, i) => `n${i + 1}`);

  test("of five: each hears its two neighbours", () => {
    expect(ring(nodes)).toEqual({
      n1: ["n3", "n4"],
      n2: ["n4", "n5"],
      n3: ["n1", "n5"],
      n4: ["n1", "n2"],
      n5: ["n2", "n3"],
    });
  });

  test.each([0, 1, 2, 3])("of %d is no cut", (count) => expect(ring(others(count))).toEqual({}));

  test.each(Array.from({ length: 47 }, (_, i) => i + 4))(
    "of %d: each sees a majority, none the same, and who hears is heard",
    (count) => {
      const names = others(count);
      const grudge = ring(names);
      const seen = names.map((a) => names.filter((b) => hears(grudge, a, b)));
      const majority = Math.floor(count / 2) + 1;
      for (const [i, group] of seen.entries()) {
        expect(group).toContain(names[i]);
        expect(group.length).toBeGreaterThanOrEqual(majority);
        expect(group.length).toBeLessThanOrEqual(majority + 1);
        expect(group.length).toBeLessThan(count);
      }
      expect(new Set(seen.map((group) => group.join())).size).toBe(count);
      for (const a of names) expect(names.filter((b) => hears(grudge, a, b) !== hears(grudge, b, a))).toEqual([]);
    },
  );
});
