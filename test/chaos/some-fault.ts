import fc from "fast-check";
import type { Fault } from "../../src/chaos/fault.js";
import { type Impairment, distributions, noImpairment } from "../../src/chaos/impairment.js";
import { signals } from "../../src/chaos/kill.js";
import { parseShape } from "../../src/chaos/shape.js";
import { directions } from "../../src/chaos/slow.js";
import { type ClusterFacts, type Target, parseTarget } from "../../src/chaos/target.js";
import { anyTraffic, protocols, traffic } from "../../src/chaos/traffic.js";
import { type Wish, buildFault } from "../../src/chaos/wish.js";
import { createPrng } from "../../src/core/prng.js";
import { type ClockTrouble, type DiskTrouble, noClockTrouble, noDiskTrouble } from "../../src/core/store-hooks.js";

/** A cluster of one service `kv` of the bundled store, led by its first node. */
export function factsOf(nodes: readonly string[], protect: readonly string[] = []): ClusterFacts {
  return {
    nodes: nodes.map((node) => ({ node, service: "kv", zone: null, protected: protect.includes(node), bundled: true })),
    leaders: { kv: nodes[0] ?? "" },
  };
}

const three = factsOf(["n1", "n2", "n3"]);
const tenMs = { timeMs: 10, jitterMs: 0, correlation: 0, distribution: "normal" } as const;

type PlainKind = "pause" | "partition" | "slow" | "kill";

/** A plain fault of this kind on a cluster of n1, n2 and n3; `whom` is a target, of a partition a shape. */
export function fault<K extends PlainKind>(kind: K, whom: string): Extract<Fault, { kind: K }> {
  return buildFault(plainWish(kind, whom), three, createPrng(1)) as Extract<Fault, { kind: K }>;
}

/** n1 with this wrong with its disk, and nothing else. */
export function disk(trouble: Partial<DiskTrouble>): Fault {
  return { kind: "disk", nodes: ["n1"], trouble: { ...noDiskTrouble, ...trouble } };
}

/** n1 with this wrong with its clock, and nothing else. */
export function clock(trouble: Partial<ClockTrouble>): Fault {
  return { kind: "clock", nodes: ["n1"], trouble: { ...noClockTrouble, ...trouble } };
}

function plainWish(kind: PlainKind, whom: string): Wish {
  switch (kind) {
    case "pause":
      return { kind, target: parseTarget(whom) };
    case "kill":
      return { kind, target: parseTarget(whom), signal: "KILL" };
    case "partition":
      return { kind, shape: parseShape(whom), traffic: anyTraffic, percent: 100 };
    case "slow": {
      const impairment = { ...noImpairment, delay: tenMs };
      return { kind, target: parseTarget(whom), to: "peers", direction: "from", impairment, traffic: anyTraffic };
    }
  }
}

const percent = fc.integer({ min: 1, max: 100 });
const chance = fc.record({ percent, correlation: fc.integer({ min: 0, max: 100 }) });
const maybe = <T>(some: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(some, { nil: null });

const someDelay = fc.record({
  timeMs: fc.double({ min: 1, max: 500, noNaN: true }),
  jitterMs: fc.constantFrom(0.5, 1),
  correlation: fc.constantFrom(0, 25),
  distribution: fc.constantFrom(...distributions),
});

const someLoss = fc.oneof(
  chance.map((one) => ({ model: "random" as const, ...one })),
  fc.record({
    model: fc.constant("state" as const),
    p13: percent,
    p31: percent,
    p32: fc.constant(0),
    p23: percent,
    p14: fc.constant(0),
  }),
  fc.record({ model: fc.constant("gemodel" as const), p: percent, r: percent, oneMinusH: percent, oneMinusK: percent }),
);

/** Any impairment that is not refused. */
const someImpairment: fc.Arbitrary<Impairment> = fc.record({
  delay: someDelay,
  loss: maybe(someLoss),
  duplicate: maybe(chance),
  corrupt: maybe(chance),
  reorder: maybe(fc.record({ percent, correlation: fc.constant(0), gap: fc.integer({ min: 1, max: 9 }) })),
  rate: maybe(
    fc.record({ bitsPerSecond: fc.integer({ min: 100_000, max: 1e9 }), burstBytes: maybe(fc.integer({ min: 1600, max: 1e6 })) }),
  ),
});

const someTraffic = fc
  .tuple(fc.constantFrom(null, ...protocols), fc.array(fc.integer({ min: 1, max: 65_535 }), { maxLength: 3 }))
  .map(([protocol, ports]) => traffic(protocol, protocol === "icmp" ? [] : ports));

/** Any wish whose values are right, for targets of these. */
export function someWish(target: fc.Arbitrary<Target>): fc.Arbitrary<Wish> {
  const trouble = fc.record({
    fsyncDelayMs: fc.integer({ min: 1, max: 1000 }),
    fsyncFails: fc.boolean(),
    losesUnsynced: fc.boolean(),
    tearsWrites: fc.boolean(),
    flipsBit: fc.boolean(),
  });
  return fc.oneof(
    fc.record({ kind: fc.constant("pause" as const), target }),
    fc.record({
      kind: fc.constant("partition" as const),
      shape: target.map((whom) => ({ kind: "isolate" as const, target: whom })),
      traffic: someTraffic,
      percent,
    }),
    fc.record({
      kind: fc.constant("slow" as const),
      target,
      to: fc.constantFrom("peers" as const, "clients" as const, "all" as const),
      direction: fc.constantFrom(...directions),
      impairment: someImpairment,
      traffic: someTraffic,
    }),
    fc.record({ kind: fc.constant("kill" as const), target, signal: fc.constantFrom(...signals) }),
    fc.record({
      kind: fc.constantFrom("stop" as const, "restart" as const),
      target,
      graceMs: fc.integer({ min: 0, max: 60_000 }),
    }),
    fc.record({ kind: fc.constant("wipe" as const), target }),
    fc.record({ kind: fc.constant("crash-loop" as const), target, everyMs: fc.integer({ min: 1000, max: 60_000 }) }),
    fc.record({ kind: fc.constant("cpu" as const), target, cpus: fc.double({ min: 0.01, max: 8, noNaN: true }) }),
    fc.record({ kind: fc.constant("memory" as const), target, bytes: fc.integer({ min: 8 * 1024 ** 2, max: 1024 ** 3 }) }),
    fc.record({ kind: fc.constant("disk" as const), target, trouble }),
    fc.record({
      kind: fc.constant("clock" as const),
      target,
      trouble: fc.integer({ min: 1, max: 9999 }).map((skewMs) => ({ ...noClockTrouble, skewMs })),
    }),
  );
}

/** Any fault on some of these nodes, but never on all of them. */
export function someFaultOn(nodes: readonly string[]): fc.Arbitrary<Fault> {
  const target = fc
    .subarray([...nodes], { minLength: 1, maxLength: nodes.length - 1 })
    .map((names): Target => names.map((name) => ({ by: "name", name })));
  return someWish(target).map((wish) => buildFault(wish, factsOf(nodes), createPrng(1)));
}
