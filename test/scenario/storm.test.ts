// Shows what every storm holds to, whatever its seed: a majority is left, protected nodes are left alone, and it ends in quiet.
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Fault, nodesOf, problemsWithFault } from "../../src/chaos/fault.js";
import { leavesMajority, woundedBy } from "../../src/scenario/quorum.js";
import { type ProfileName, type StormInput, ableToAll, planStorm, profiles } from "../../src/scenario/storm.js";
import type { Timeline } from "../../src/scenario/timeline.js";

const profileNames = Object.keys(profiles) as ProfileName[];

const inputs: fc.Arbitrary<StormInput> = fc
  .record({
    profile: fc.constantFrom(...profileNames),
    seed: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    durationMs: fc.constantFrom(20_000, 60_000, 300_000),
    sizes: fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 2 }),
    kept: fc.array(fc.nat({ max: 12 }), { maxLength: 2 }),
    bundled: fc.boolean(),
    netem: fc.boolean(),
    cut: fc.constantFrom("nft" as const, "iptables" as const, "none" as const),
  })
  .map(({ sizes, kept, bundled, netem, cut, ...rest }) => {
    const names = sizes.flatMap((size, i) =>
      Array.from({ length: size }, (_, at) => ({ node: `s${i}-${at + 1}`, service: `s${i}` })),
    );
    const nodes = names.map((name, at) => ({ ...name, zone: null, bundled, protected: kept.includes(at) && names.length > kept.length + 1 })); // prettier-ignore
    return { ...rest, nodes, capabilities: { ...ableToAll, netem, cut }, keepQuorum: true };
  });

interface Spell {
  readonly fault: Fault;
  readonly fromMs: number;
  readonly toMs: number;
}

function spellsOf(timeline: Timeline): readonly Spell[] {
  return timeline.occurrences.map(({ action, offsetMs, durationMs }) => {
    if (action.by === "moment") throw new Error("a storm knows its nodes");
    return { fault: action.fault, fromMs: offsetMs, toMs: offsetMs + durationMs };
  });
}

/** The most nodes of a service that all run and all hear each other, by trying every set of them: few nodes, and slow enough. */
function largestGroup(nodes: readonly string[], faults: readonly Fault[]): number {
  const stopped = new Set(faults.flatMap((fault) => (fault.kind === "partition" || fault.kind === "slow" || fault.kind === "clock" ? [] : fault.nodes))); // prettier-ignore
  const up = nodes.filter((node) => !stopped.has(node));
  const deaf = (a: string, b: string): boolean => faults.some((fault) => fault.kind === "partition" && (fault.grudge[a] ?? []).includes(b)); // prettier-ignore
  let most = 0;
  for (let mask = 0; mask < 2 ** up.length; mask++) {
    const group = up.filter((_, bit) => (mask >> bit) % 2 === 1);
    if (group.length > most && group.every((a) => group.every((b) => a === b || !deaf(a, b)))) most = group.length;
  }
  return most;
}

test("at no time has a service lost more than a minority", () => {
  fc.assert(
    fc.property(inputs, (input) => {
      const spells = spellsOf(planStorm(input));
      for (const { fromMs } of spells) {
        const active = spells.filter((one) => one.fromMs <= fromMs && fromMs <= one.toMs).map(({ fault }) => fault);
        for (const service of new Set(input.nodes.map((each) => each.service))) {
          const nodes = input.nodes.filter((each) => each.service === service).map(({ node }) => node);
          expect(largestGroup(nodes, active)).toBeGreaterThan(nodes.length / 2);
        }
      }
    }),
    { numRuns: 150 },
  );
});

test("all is over when the quiet end begins, each fault is valid, in order, and no protected node is in any", () => {
  fc.assert(
    fc.property(inputs, fc.boolean(), (input, keepQuorum) => {
      const timeline = planStorm({ ...input, keepQuorum });
      const quietFromMs = timeline.storm?.quietFromMs ?? 0;
      expect(quietFromMs).toBe(input.durationMs - Math.min(10_000, input.durationMs / 5));
      const spells = spellsOf(timeline);
      const kept = input.nodes.filter((node) => node.protected).map(({ node }) => node);
      const { atOnce } = profiles[input.profile];
      for (const { fault, fromMs, toMs } of spells) {
        expect(problemsWithFault(fault)).toEqual([]);
        expect(toMs).toBeLessThanOrEqual(quietFromMs);
        expect(kept.filter((node) => nodesOf(fault).includes(node))).toEqual([]);
        expect(JSON.stringify(fault)).not.toMatch(new RegExp(`"(${[...kept, "-"].join("|")})"`));
        expect(spells.filter((one) => one.fromMs <= fromMs && fromMs < one.toMs).length).toBeLessThanOrEqual(atOnce);
      }
      expect(spells.map(({ fromMs }) => fromMs)).toEqual(spells.map(({ fromMs }) => fromMs).sort((a, b) => a - b));
    }),
    { numRuns: 150 },
  );
});

test("what the kernel cannot do, and what an image of the user's has not, never happens", () => {
  fc.assert(
    fc.property(inputs, (input) => {
      const impossible = new Set([
        ...(input.capabilities.netem ? [] : ["slow"]),
        ...(input.capabilities.cut === "none" ? ["partition"] : []),
        ...(input.nodes.some(({ bundled }) => bundled) ? [] : ["disk", "clock"]),
      ]);
      const seen = spellsOf(planStorm({ ...input, keepQuorum: false })).map(({ fault }) => fault.kind);
      expect(seen.filter((kind) => impossible.has(kind))).toEqual([]);
    }),
  );
});

test("the same input is the same storm, byte for byte, in whatever order the nodes come", () => {
  fc.assert(
    fc.property(inputs, (input) => {
      const storm = JSON.stringify(planStorm(input));
      expect(JSON.stringify(planStorm({ ...input, nodes: [...input.nodes].reverse() }))).toBe(storm);
    }),
  );
});

const five = ["n1", "n2", "n3", "n4", "n5"].map((node) => ({
  node,
  service: "store",
  zone: null,
  protected: false,
  bundled: true,
}));

test.each([
  ["gentle", ["partition", "pause", "restart", "slow"]],
  ["rough", ["clock", "cpu", "disk", "kill", "partition", "pause", "restart", "slow", "stop"]],
  ["brutal", ["clock", "cpu", "crash-loop", "disk", "kill", "partition", "pause", "restart", "slow", "stop"]],
] as const)("a %s storm knows these kinds, and keeps hitting", (profile, kinds) => {
  const seen = new Set<string>();
  for (let seed = 0; seed < 40; seed++) {
    const spells = spellsOf(planStorm({ profile, seed, durationMs: 300_000, nodes: five, capabilities: ableToAll, keepQuorum: true })); // prettier-ignore
    expect(spells.length).toBeGreaterThan(10);
    for (const { fault } of spells) seen.add(fault.kind);
  }
  expect([...seen].sort()).toEqual(kinds);
});

test("without keep-quorum a majority is hit as well", () => {
  const lost = Array.from({ length: 20 }, (_, seed) =>
    planStorm({ profile: "brutal", seed, durationMs: 60_000, nodes: five, capabilities: ableToAll, keepQuorum: false }),
  ).flatMap((timeline) => spellsOf(timeline).filter(({ fault }) => !leavesMajority(new Set(woundedBy(fault)), five)));
  expect(lost.length).toBeGreaterThan(0);
});

test.each([
  ["a storm too short to have a quiet end", { durationMs: 2000 }, "A storm lasts 3s at least"],
  ["nobody to hit", { nodes: five.map((node) => ({ ...node, protected: true })) }, "nobody a storm may hit"],
])("%s is refused", (_what, wrong, said) => {
  const input = { profile: "gentle", seed: 1, durationMs: 60_000, nodes: five, capabilities: ableToAll, keepQuorum: true } as const; // prettier-ignore
  expect(() => planStorm({ ...input, ...wrong })).toThrow(said);
});
