// Shows how the words of a target become node names, what is drawn and what is protected, and what is said where they mean nobody.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type ClusterFacts,
  type Selector,
  type Target,
  asksForLeader,
  formatTarget,
  isRandom,
  parseTarget,
  reservedWords,
  resolveTarget,
} from "../../src/chaos/target.js";
import { DeviousError } from "../../src/core/errors.js";
import { namePattern } from "../../src/core/ids.js";
import { createPrng } from "../../src/core/prng.js";
import { factsOf } from "./some-fault.js";

const five = factsOf(["n1", "n2", "n3", "n4", "n5"]);
/** Two services over two zones; `kv-3` is protected, the service `web` has no leader. */
const shop: ClusterFacts = {
  nodes: [
    { node: "kv-1", service: "kv", zone: "eu", protected: false, bundled: true },
    { node: "kv-2", service: "kv", zone: "us", protected: false, bundled: true },
    { node: "kv-3", service: "kv", zone: "us", protected: true, bundled: true },
    { node: "web-1", service: "web", zone: "eu", protected: false, bundled: false },
    { node: "web-2", service: "web", zone: null, protected: false, bundled: false },
  ],
  leaders: { kv: "kv-2" },
};
const resolve = (text: string, facts: ClusterFacts, seed = 1): readonly string[] =>
  resolveTarget(parseTarget(text), facts, createPrng(seed));

test.each([
  ["n1", ["n1"]],
  ["n3, n1", ["n1", "n3"]],
  ["n1,n1", ["n1"]],
  ["leader", ["n1"]],
  ["followers", ["n2", "n3", "n4", "n5"]],
  ["all", ["n1", "n2", "n3", "n4", "n5"]],
  ["leader,n3", ["n1", "n3"]],
  ["kv", ["n1", "n2", "n3", "n4", "n5"]],
  ["not(leader)", ["n2", "n3", "n4", "n5"]],
  ["not(n1),not(n2,n3)", ["n4", "n5"]],
  ["n1,n2,not(n2)", ["n1"]],
  ["not(not(n1))", ["n1"]],
  ["random(5)", ["n1", "n2", "n3", "n4", "n5"]],
  [" leader ( kv ) , n2 ", ["n1", "n2"]],
])("%s -> %j", (text, expected) => {
  expect(resolve(text, five)).toEqual(expected);
});

test.each([
  ["web", ["web-1", "web-2"]],
  ["eu", ["kv-1", "web-1"]],
  ["leader(kv)", ["kv-2"]],
  ["followers(kv)", ["kv-1", "kv-3"]],
  ["eu,not(kv)", ["web-1"]],
  ["us", ["kv-2", "kv-3"]],
  ["kv-3", ["kv-3"]],
  // who is protected is never drawn
  ["follower(kv)", ["kv-1"]],
  ["random(us)", ["kv-2"]],
  ["random(4)", ["kv-1", "kv-2", "web-1", "web-2"]],
  ["majority(kv)", ["kv-1", "kv-2"]],
  ["random(1,eu,not(web))", ["kv-1"]],
])("of two services, %s -> %j", (text, expected) => {
  for (let seed = 0; seed < 10; seed++) expect(resolve(text, shop, seed)).toEqual(expected);
});

test("a name means a node before a service, and a service before a zone", () => {
  const [first, ...rest] = shop.nodes;
  const named = { ...shop, nodes: [{ ...first, zone: "web" }, ...rest, { ...first, node: "eu" }] } as ClusterFacts;
  expect(resolve("web", named)).toEqual(["web-1", "web-2"]);
  expect(resolve("eu", named)).toEqual(["eu"]);
});

test.each([
  ["", "USAGE", `"" is not a target: it is empty.`],
  ["n1,,n2", "USAGE", `"n1,,n2" is not a target: a node's name is missing.`],
  ["n1 n2", "USAGE", `"n1 n2" is not a target: between "n1" and "n2" a comma is missing.`],
  ["not(n1", "USAGE", `"not(n1" is not a target: its parentheses do not match.`],
  ["n1)", "USAGE", `"n1)" is not a target: its parentheses do not match.`],
  ["not", "USAGE", `"not" is not a target: \`not\` needs to be told whom, e.g. not(leader).`],
  ["not()", "USAGE", `"not()" is not a target: the parentheses of not() are empty.`],
  ["kv(leader)", "USAGE", `"kv(leader)" is not a target: "kv(leader)" is nothing that can be called.`],
  ["all(eu)", "USAGE", `"all(eu)" is not a target: "all(eu)" is nothing that can be called.`],
  ["leader(kv,web)", "USAGE", `"leader(kv,web)" is not a target: leader(…) takes the name of one service.`],
  ["random(0)", "USAGE", `"random(0)" is not a target: random(0) means nobody.`],
  ["n6", "UNKNOWN_NODE", `There is no node "n6" in this cluster; did you mean "n1"?`],
  ["leadr", "UNKNOWN_NODE", `There is no node "leadr" in this cluster; did you mean "leader"?`],
  ["zookeeper", "UNKNOWN_NODE", `There is no node "zookeeper" in this cluster.`],
  ["leader(kw)", "UNKNOWN_NODE", `There is no service "kw" in this cluster.`],
  ["not(all)", "UNKNOWN_NODE", "The target not(all) means no node of this cluster."],
  ["n1,not(n1)", "UNKNOWN_NODE", "The target n1,not(n1) means no node of this cluster."],
  ["random(6)", "USAGE", "The target random(6) means 6 nodes, and there are 5 to choose from."],
  ["minority(n1,n2)", "USAGE", "The target minority(n1,n2) means nobody: fewer than half of 2 is none."],
])("%j is refused", (text, code, message) => {
  expect(() => resolve(text, five)).toThrow(expect.objectContaining({ code, message }));
});

test("every name that nobody has is told at once", () => {
  expect(() => resolve("n7,n1,random(2,zookeeper),not(leader(kw)),n7", five)).toThrow(
    expect.objectContaining({
      code: "UNKNOWN_NODE",
      message: `There is no node "n7" in this cluster; did you mean "n1"?`,
      details: [`There is no node "zookeeper" in this cluster.`, `There is no service "kw" in this cluster.`],
    }),
  );
});

test("who is protected is told where too few are left", () => {
  expect(() => resolve("random(3,kv)", shop)).toThrow(
    expect.objectContaining({
      code: "USAGE",
      message: "The target random(3,kv) means 3 nodes, and there are 2 to choose from, for 1 is protected.",
    }),
  );
});

describe("words of leadership", () => {
  test.each(["leader", "followers", "follower", "not(leader)"])("%s needs a leader", (text) => {
    expect(() => resolve(text, { ...five, leaders: {} })).toThrow(
      expect.objectContaining({ code: "NO_LEADER", message: "The cluster has no leader just now." }),
    );
  });

  test("of several services one must be named, and it must lead", () => {
    expect(() => resolve("leader", shop)).toThrow(
      expect.objectContaining({ code: "USAGE", hint: "Say of which, e.g. leader(kv)." }),
    );
    expect(() => resolve("leader(web)", shop)).toThrow(
      expect.objectContaining({ code: "NO_LEADER", message: "The service web has no leader just now." }),
    );
  });

  test("of several services the only one that can have a leader is meant", () => {
    expect(resolve("leader", { ...shop, leaderless: ["web"] })).toEqual(["kv-2"]);
    expect(resolve("followers", { ...shop, leaderless: ["web"] })).toEqual(["kv-1", "kv-3"]);
    expect(() => resolve("leader", { ...shop, leaderless: ["web"], leaders: {} })).toThrow(
      expect.objectContaining({ code: "NO_LEADER", message: "The service kv has no leader just now." }),
    );
    expect(() => resolve("leader", { ...shop, leaderless: ["kv", "web"] })).toThrow(
      expect.objectContaining({ code: "NO_LEADER", message: "None of the services has a leader." }),
    );
  });

  test.each(["followers", "follower", "minority"])("%s of a cluster of one is nobody", (text) => {
    expect(() => resolve(text, factsOf(["n1"]))).toThrow(expect.objectContaining({ name: "DeviousError" }));
  });

  test.each([
    ["n1,n2", false, false],
    ["all", false, false],
    ["n1,leader", true, false],
    ["followers", true, false],
    ["follower", true, true],
    ["random(2)", false, true],
    ["not(random(followers))", true, true],
    ["minority", false, true],
  ])("%s asks for the leader: %s, is random: %s", (text, leader, random) => {
    expect([asksForLeader(parseTarget(text)), isRandom(parseTarget(text))]).toEqual([leader, random]);
  });
});

test("a minority is the most that are fewer than half, a majority the fewest that are more, whatever the seed", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50 }), fc.nat(), (size, seed) => {
      const nodes = Array.from({ length: size }, (_, i) => `n${i}`);
      const majority = resolve("majority", factsOf(nodes), seed).length;
      expect(majority * 2).toBeGreaterThan(size);
      expect((majority - 1) * 2).toBeLessThanOrEqual(size);
      if (size < 3) return;
      const minority = resolve("minority", factsOf(nodes), seed).length;
      expect(minority * 2).toBeLessThan(size);
      expect((minority + 1) * 2).toBeGreaterThanOrEqual(size);
    }),
  );
});

test("the same seed draws the same nodes, another seed others, and every node has its turn", () => {
  const drawn = Array.from({ length: 100 }, (_, seed) => resolve("random(2)", five, seed));
  expect(drawn).toEqual(Array.from({ length: 100 }, (_, seed) => resolve("random(2)", five, seed)));
  expect(new Set(drawn.map((names) => names.join())).size).toBe(10);
  for (const names of drawn) expect(new Set(names).size).toBe(2);
});

const someName = fc.stringMatching(namePattern).filter((name) => !reservedWords.includes(name));

const someTarget: fc.Arbitrary<Target> = fc.letrec<{ target: Target; selector: Selector }>((tie) => {
  const of = fc.option(tie("target"), { nil: null, depthSize: "small" });
  return {
    target: fc.array(tie("selector"), { minLength: 1, maxLength: 3 }),
    selector: fc.oneof(
      { depthSize: "small" },
      fc.record({ by: fc.constant("name" as const), name: someName }),
      fc.constant({ by: "all" as const }),
      fc.record({
        by: fc.constantFrom("leader" as const, "followers" as const, "follower" as const),
        service: fc.option(someName, { nil: null }),
      }),
      fc.record({ by: fc.constantFrom("minority" as const, "majority" as const), of }),
      fc.record({ by: fc.constant("random" as const), count: fc.integer({ min: 1, max: 9 }), of }),
      fc.record({ by: fc.constant("not" as const), of: tie("target") }),
    ),
  };
}).target;

test("what is written is read back", () => {
  fc.assert(
    fc.property(someTarget, (target) => {
      expect(parseTarget(formatTarget(target))).toEqual(target);
    }),
  );
  const digits: Target = [{ by: "random", count: 1, of: [{ by: "name", name: "2" }] }];
  expect(parseTarget(formatTarget(digits))).toEqual(digits);
});

test("any text is a target or refused in a sentence", () => {
  const letters = fc.constantFrom("n1", "not", "random", "leader", "(", ")", ",", " ", "2", "kv");
  const readOrCode = (text: string): unknown => {
    try {
      return parseTarget(text);
    } catch (error) {
      return error instanceof DeviousError ? error.code : error;
    }
  };
  fc.assert(
    fc.property(fc.array(letters, { maxLength: 8 }), (parts) => {
      const read = readOrCode(parts.join(""));
      expect(Array.isArray(read) ? parseTarget(formatTarget(read as Target)) : "USAGE").toEqual(read);
    }),
  );
});
