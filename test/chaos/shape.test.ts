// Shows what each shape of a partition cuts, on clusters of every size, and what is said where it cannot cut anything.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Cut,
  type Shape,
  defaultDropPercent,
  drawsGroups,
  formatShape,
  parseShape,
  resolveShape,
} from "../../src/chaos/shape.js";
import { type ClusterFacts, type Target, parseTarget } from "../../src/chaos/target.js";
import { createPrng } from "../../src/core/prng.js";
import { factsOf } from "./some-fault.js";

const names = (count: number): readonly string[] => Array.from({ length: count }, (_, i) => `n${i + 1}`);
const resolve = (text: string, facts: ClusterFacts, seed = 1): Cut => resolveShape(parseShape(text), facts, createPrng(seed));
const hears = ({ grudge }: Cut, receiver: string, sender: string): boolean => !(grudge[receiver] ?? []).includes(sender);

test.each<[string, string, Cut["grudge"]]>([
  ["n1 | n2,n3", "n1 | n2,n3", { n1: ["n2", "n3"], n2: ["n1"], n3: ["n1"] }],
  // who is named by nobody forms one more side
  ["n1", "n1 | n2,n3", { n1: ["n2", "n3"], n2: ["n1"], n3: ["n1"] }],
  ["n1|n2", "n1 | n2 | n3", { n1: ["n2", "n3"], n2: ["n1", "n3"], n3: ["n1", "n2"] }],
  ["leader | followers", "n1 | n2,n3", { n1: ["n2", "n3"], n2: ["n1"], n3: ["n1"] }],
  ["n1 | not(n1)", "n1 | n2,n3", { n1: ["n2", "n3"], n2: ["n1"], n3: ["n1"] }],
  ["isolate n2", "n2 | n1,n3", { n1: ["n2"], n2: ["n1", "n3"], n3: ["n2"] }],
  ["isolate n1,n3", "n1 | n3 | n2", { n1: ["n2", "n3"], n2: ["n1", "n3"], n3: ["n1", "n2"] }],
  ["bridge n3", "n1 | n2, bridge n3", { n1: ["n2"], n2: ["n1"] }],
  ["one-way n1 n2", "n1 -> n2", { n2: ["n1"] }],
  ["one-way leader followers", "n1 -> n2,n3", { n2: ["n1"], n3: ["n1"] }],
  ["flaky n2", "flaky n2", { n1: ["n2"], n2: ["n1", "n3"], n3: ["n2"] }],
  ["flaky", "flaky", { n1: ["n2", "n3"], n2: ["n1", "n3"], n3: ["n1", "n2"] }],
])("%s of three nodes", (text, shape, grudge) => {
  // halves of two are drawn either way round
  const seed = text.startsWith("bridge") ? [1, 2, 3, 4].find((one) => resolve(text, factsOf(names(3)), one).shape === shape) : 1;
  expect(resolve(text, factsOf(names(3)), seed)).toEqual({ grudge, shape });
});

test("a flaky link drops half of its packets, everything else all of them", () => {
  expect(["flaky", "flaky n1", "halves", "n1 | n2"].map((text) => defaultDropPercent(parseShape(text)))).toEqual([
    50, 50, 100, 100,
  ]);
});

describe("of 1 to 50 nodes, whatever the seed and whoever is protected", () => {
  const someCluster = fc.integer({ min: 1, max: 50 }).chain((size) =>
    fc.record({
      nodes: fc.constant(names(size)),
      protect: fc.subarray([...names(size)], { maxLength: Math.floor(size / 3) }),
      seed: fc.nat(),
    }),
  );
  /** The nodes that hear each other and nobody else, largest last; undefined where hearing is not such a division. */
  const sidesOf = (cut: Cut, nodes: readonly string[]): readonly number[] =>
    [...new Set(nodes.map((a) => nodes.filter((b) => hears(cut, a, b)).join()))]
      .map((side) => side.split(",").length)
      .sort((a, b) => a - b);

  const sizes: Readonly<Record<string, (size: number) => readonly number[]>> = {
    halves: (size) => [Math.floor(size / 2), Math.ceil(size / 2)],
    majority: (size) => [size - Math.floor(size / 2) - 1, Math.floor(size / 2) + 1],
  };

  describe.each([
    ["halves", 2],
    ["majority", 3],
    ["bridge", 3],
    ["ring", 4],
  ])("%s", (text, least) => {
    test(`cuts ${least} or more that can be drawn, and leaves the protected alone`, () => {
      fc.assert(
        fc.property(someCluster, ({ nodes, protect, seed }) => {
          const free = nodes.filter((node) => !protect.includes(node));
          fc.pre(free.length >= least);
          const cut = resolve(text, factsOf(nodes, protect), seed);
          expect(resolve(text, factsOf(nodes, protect), seed)).toEqual(cut);
          expect(Object.keys(cut.grudge).filter((node) => protect.includes(node))).toEqual([]);
          expect(Object.keys(cut.grudge).length).toBeGreaterThan(0);
          for (const a of nodes) expect(nodes.filter((b) => hears(cut, a, b) !== hears(cut, b, a))).toEqual([]);
          const sides = sidesOf(cut, free);
          expect(sides).toEqual(sizes[text]?.(free.length) ?? sides);
        }),
      );
    });

    test(`cuts nothing where fewer than ${least} can be drawn, and says so`, () => {
      for (let size = 1; size < least + 2; size++) {
        const nodes = names(size);
        const facts = factsOf(nodes, nodes.slice(least - 1));
        const there = Math.min(size, least - 1);
        expect(() => resolve(text, facts)).toThrow(
          expect.objectContaining({
            code: "USAGE",
            message: `The partition ${text} is drawn from at least ${least} nodes; ${there} of the cluster's ${size} can be drawn.`,
          }),
        );
      }
    });
  });

  test("one node of a bridge hears both halves", () => {
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 50 }), fc.nat(), (size, seed) => {
        const cut = resolve("bridge", factsOf(names(size)), seed);
        const half = Math.floor((size - 1) / 2);
        expect(Object.keys(cut.grudge)).toHaveLength(size - 1);
        expect(sidesOf(cut, names(size))).toEqual([half + 1, size - half, size]);
      }),
    );
  });

  test("isolate leaves a node alone, and the others together", () => {
    fc.assert(
      fc.property(someCluster, ({ nodes, protect, seed }) => {
        const cut = resolve("isolate n1", factsOf(nodes, protect), seed);
        const heard = (a: string): readonly string[] => nodes.filter((b) => hears(cut, a, b));
        for (const node of nodes) expect(heard(node)).toEqual(node === "n1" ? ["n1"] : nodes.slice(1));
      }),
    );
  });
});

test.each([
  ["n1 |", "USAGE", `"n1 |" is not a partition: one side is empty.`],
  ["", "USAGE", `"" is not a partition: one side is empty.`],
  ["isolate", "USAGE", "`isolate` needs to be told whom."],
  ["one-way n1", "USAGE", `"one-way n1" does not say from whom to whom.`],
  ["one-way n1 n2 n3", "USAGE", `"one-way n1 n2 n3" does not say from whom to whom.`],
  ["halves n1", "USAGE", `"halves n1" says too much: halves is drawn from all nodes.`],
  ["n1,n2 | n2,n3", "USAGE", "In the partition n1,n2 | n2,n3, n2 would be on more than one side."],
  ["all | n1,n2", "USAGE", "In the partition all | n1,n2, n1 and n2 would be on more than one side."],
  ["bridge n1,n2", "USAGE", "The partition bridge n1,n2 is drawn from at least 2 nodes; 1 of the cluster's 3 can be drawn."],
  ["isolate n9", "UNKNOWN_NODE", expect.stringContaining(`no node "n9"`)],
])("%j is refused", (text, code, message) => {
  expect(() => resolve(text, factsOf(names(3)))).toThrow(expect.objectContaining({ code, message }));
});

test("everything that cannot be read is told at once", () => {
  expect(() => parseShape("n1 | | n2)")).toThrow(
    expect.objectContaining({
      code: "USAGE",
      message: `"n1 | | n2)" is not a partition: one side is empty.`,
      details: [`"n2)" is not a target: its parentheses do not match.`],
    }),
  );
});

test("halves, majorities, rings and bridges are drawn even where their targets are not", () => {
  const drawn = ["halves", "majority", "ring", "bridge", "bridge n1"];
  expect(drawn.filter((text) => !drawsGroups(parseShape(text)))).toEqual([]);
  expect(["n1", "isolate n1", "one-way n1 n2", "flaky"].filter((text) => drawsGroups(parseShape(text)))).toEqual([]);
});

const someTarget: fc.Arbitrary<Target> = fc.constantFrom("n1", "n1,n2", "leader", "random(2)", "not(n3)", "eu").map(parseTarget);
const someShape: fc.Arbitrary<Shape> = fc.oneof(
  fc.record({ kind: fc.constant("split" as const), groups: fc.array(someTarget, { minLength: 1, maxLength: 4 }) }),
  fc.record({ kind: fc.constant("isolate" as const), target: someTarget }),
  fc.record({ kind: fc.constantFrom("halves" as const, "majority" as const, "ring" as const) }),
  fc.record({ kind: fc.constant("bridge" as const), node: fc.option(someTarget, { nil: null }) }),
  fc.record({ kind: fc.constant("one-way" as const), from: someTarget, to: someTarget }),
  fc.record({ kind: fc.constant("flaky" as const), target: fc.option(someTarget, { nil: null }) }),
);

test("what is written is read back", () => {
  fc.assert(
    fc.property(someShape, (shape) => {
      expect(parseShape(formatShape(shape))).toEqual(shape);
    }),
  );
  // words of shapes are names where they stand beside others
  const named = parseShape("ring | isolate,n1");
  expect(named).toMatchObject({ kind: "split", groups: [[{ name: "ring" }], [{ name: "isolate" }, { name: "n1" }]] });
});
