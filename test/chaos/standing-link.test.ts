// Shows that links of the spec and faults on them come to what faults alone would, that they survive in the ledger, and what they are called.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { desiredState } from "../../src/chaos/desired-state.js";
import { type Impairment, noImpairment } from "../../src/chaos/impairment.js";
import { type Ledger, add, emptyLedger, expire, heal, inForce, wasTouched } from "../../src/chaos/ledger.js";
import { decodeLedger, decodeRequest, encodeLedger } from "../../src/chaos/schema.js";
import { type SlowFault, linksBetween } from "../../src/chaos/slow.js";
import {
  type StandingLink,
  areSameLinks,
  describeStandingLink,
  nodesWithEnds,
  problemsWithAll,
} from "../../src/chaos/standing-link.js";
import { anyTraffic } from "../../src/chaos/traffic.js";
import { impairments, slowFaults } from "./slow-faults.js";
import { fault } from "./some-fault.js";

const nodes = ["n1", "n2", "n3", "n4"];
const peers = nodes.slice(1).map((name, at) => ({ name, addresses: { v4: [`10.0.0.${at + 3}`], v6: [] } }));

const delayed = (timeMs: number, jitterMs = 0): Impairment => ({
  ...noImpairment,
  delay: { timeMs, jitterMs, correlation: 0, distribution: "normal" },
});
const link = (here: readonly string[], there: readonly string[], impairment: Impairment): StandingLink => ({
  between: ["eu", "us"],
  nodes: [here, there],
  impairment,
});

const someLink: fc.Arbitrary<StandingLink> = fc
  .tuple(fc.shuffledSubarray(nodes, { minLength: 2 }), fc.nat(), impairments)
  .map(([chosen, at, impairment]) => {
    const cut = 1 + (at % (chosen.length - 1));
    return link(chosen.slice(0, cut), chosen.slice(cut), impairment);
  });

/** What a user would have to ask for by `chaos slow` to get the same. */
function asFault({ nodes: [here, there], impairment }: StandingLink): SlowFault {
  const links = linksBetween(here, there, "both", nodes);
  return { kind: "slow", nodes: here, links, where: "by hand", impairment, traffic: anyTraffic };
}

const ledgerOf = (faults: readonly SlowFault[], links: Ledger["links"] = null): Ledger =>
  faults.reduce((ledger, each) => add(ledger, each, 0, null).ledger, { ...emptyLedger, links });

test("links of the spec and faults on them come to the same lanes as if all were faults", () => {
  fc.assert(
    fc.property(fc.array(someLink, { maxLength: 3 }), fc.array(slowFaults(nodes), { maxLength: 3 }), (links, faults) => {
      const both = desiredState("n1", inForce(ledgerOf(faults, links)), peers);
      expect(both).toEqual(desiredState("n1", inForce(ledgerOf([...links.map(asFault), ...faults])), peers));
    }),
  );
});

test("no fault's end takes anything of them", () => {
  fc.assert(
    fc.property(fc.array(someLink, { maxLength: 3 }), fc.array(slowFaults(nodes), { maxLength: 3 }), (links, faults) => {
      const before = ledgerOf(faults, links);
      for (const { ledger } of [heal(before, { by: "all" }), heal(before, { by: "node", node: "n1" }), expire(before, 1e9)]) {
        expect(ledger.links).toEqual(links);
      }
    }),
  );
});

describe("the ledger", () => {
  test("gives links back as they were written", () => {
    fc.assert(
      fc.property(fc.option(fc.array(someLink, { maxLength: 3 }), { nil: null }), (links) => {
        const ledger = { ...emptyLedger, links };
        expect(decodeLedger(encodeLedger(ledger))).toEqual(ledger);
      }),
    );
  });

  test("of a time without links is one for which nobody asked for any", () => {
    const { links: _, ...old } = ledgerOf([fault("slow", "n3")]);
    expect(decodeLedger(JSON.stringify(old))).toEqual({ ...old, links: null });
  });

  test.each<[Ledger["links"], boolean]>([
    [null, false],
    [[], true],
    [[link(["n1"], ["n2"], delayed(1))], true],
  ])("with links %j may have left something in nodes: %s", (links, expected) => {
    expect(wasTouched({ ...emptyLedger, links })).toBe(expected);
  });
});

test.each<[Impairment, string]>([
  [delayed(80, 5), "eu <-> us delay 80ms jitter 5ms"],
  [delayed(1500), "eu <-> us delay 1.5s"],
  [{ ...noImpairment, loss: { model: "random", percent: 1, correlation: 0 } }, "eu <-> us loss 1%"],
  [{ ...delayed(10), rate: { bitsPerSecond: 10e6, burstBytes: null } }, "eu <-> us delay 10ms rate 10mbit"],
])("%j is called %s", (impairment, expected) => {
  expect(describeStandingLink(link(["n1"], ["n2"], impairment))).toBe(expected);
});

test("lists of links are the same in whatever order, and not with another node or figure", () => {
  const [one, two] = [link(["n1"], ["n2"], delayed(1)), link(["n1"], ["n3"], delayed(1))];
  const same = (some: readonly StandingLink[], others: readonly StandingLink[]) => areSameLinks(some, others);
  expect([
    same([one, two], [two, one]),
    same([], []),
    same([one], [one, two]),
    same([one], [link(["n1"], ["n2", "n4"], delayed(1))]),
    same([one], [link(["n1"], ["n2"], delayed(2))]),
  ]).toEqual([true, true, false, false, false]);
  expect(nodesWithEnds([one, two])).toEqual(["n1", "n2", "n3"]);
});

describe("refused are", () => {
  test("values out of their range, by the name of the link", () => {
    const line = JSON.stringify({ id: "r1", op: "links", links: [link(["n1"], ["n2"], delayed(90_000))] });
    expect(decodeRequest(line)).toEqual({
      ok: false,
      id: "r1",
      problem: "Links eu <-> us: A delay lies between 1us and 1m, not at 1m30s.",
    });
  });

  test("links without nodes at one end", () => {
    const line = JSON.stringify({ id: "r1", op: "links", links: [link(["n1"], [], delayed(1))] });
    expect(decodeRequest(line)).toMatchObject({ ok: false, problem: expect.stringContaining("There is no link eu <-> us.") });
  });

  test("more delay than the kernel can count, together with faults or with each other", () => {
    const wide = (from: readonly string[]): StandingLink => link(from, ["n2"], delayed(60_000));
    const slow = { ...fault("slow", "n1"), impairment: delayed(60_000) };
    const { faults } = ledgerOf([slow, slow]);
    expect(problemsWithAll([wide(["n1"])], faults)).toEqual([]);
    expect(problemsWithAll([wide(["n1"]), wide(["n1", "n3"]), wide(["n1"])], faults)).toEqual([
      "With f1, f2, links eu <-> us, links eu <-> us, n1 -> n2 would be delayed by 5m; at most 4m are possible.",
    ]);
  });
});
