// Shows that grudges mean what their shapes say: symmetry, bridges, unions, one-way cuts, and the rest as one more group.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Grudge, deafNodes, grudgeOf, oneWay, split, union, withRest } from "../../src/chaos/grudge.js";
import { isolate, partition } from "../../src/chaos/partition.js";

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

test.each([
  ["one name: the others form the other side", partition([["n1"]], ["n1", "n2", "n3"]), "n1 | n2,n3"],
  ["names left over stay together", partition([["n1"], ["n2"]], nodes), "n1 | n2 | n3,n4,n5"],
  ["nothing left over", partition([["n1"], ["n2", "n3"]], ["n1", "n2", "n3"]), "n1 | n2,n3"],
  ["each isolated node is alone", isolate(["n1", "n3"], ["n1", "n2", "n3", "n4"]), "n1 | n3 | n2,n4"],
])("a partition says its whole shape: %s", (_, fault, shape) => {
  expect(fault.shape).toBe(shape);
});

test("isolated nodes hear nobody", () => {
  expect(isolate(["n1", "n3"], ["n1", "n2", "n3"]).grudge).toEqual({ n1: ["n2", "n3"], n2: ["n1", "n3"], n3: ["n1", "n2"] });
});
