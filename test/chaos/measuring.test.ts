// Shows what is measured for a fault and what passes for proof: links as they should be always do, links without the fault never do, and nobody claims what was not felt.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Peer } from "../../src/chaos/desired-state.js";
import { type Question, judge } from "../../src/chaos/expectation.js";
import type { ActiveFault, Fault } from "../../src/chaos/fault.js";
import { fateRanges } from "../../src/chaos/fates.js";
import { oneWay, split } from "../../src/chaos/grudge.js";
import { type Impairment, noImpairment } from "../../src/chaos/impairment.js";
import { planMeasuring } from "../../src/chaos/measuring.js";
import type { Arrival, Seen } from "../../src/chaos/probe.js";
import { type Measurement, describeProof, disproofs } from "../../src/chaos/proof.js";
import { type Audience, linksBetween } from "../../src/chaos/slow.js";
import { type Traffic, anyTraffic } from "../../src/chaos/traffic.js";
import { type Prng, createPrng } from "../../src/core/prng.js";

function cluster(size: number, families: 1 | 2 = 1): readonly Peer[] {
  return Array.from({ length: size }, (_, index) => ({
    name: `n${index + 1}`,
    addresses: { v4: [`10.0.0.${index + 2}`], v6: families === 2 ? [`fd00::${index + 2}`] : [] },
  }));
}

function slow(impairment: Partial<Impairment>, traffic: Traffic = anyTraffic, audience: Audience = ["n1"], size = 3): Fault {
  const names = cluster(size).map(({ name }) => name);
  return {
    kind: "slow",
    nodes: ["n2"],
    links: linksBetween(["n2"], audience, "from", names),
    where: "n2",
    impairment: { ...noImpairment, ...impairment },
    traffic,
  };
}

function partition(grudge: Readonly<Record<string, readonly string[]>>, percent = 100, traffic: Traffic = anyTraffic): Fault {
  return { kind: "partition", grudge, shape: "", traffic, percent };
}

function active(fault: Fault, number: number, seed: number | null = null): ActiveFault {
  return { id: `f${number}`, fault, startedAtMs: 0, deadlineMs: null, seed };
}

/** The plan for the last of these faults. */
function plan(faults: readonly Fault[], nodes = cluster(3), seed: number | null = null) {
  const all = faults.map((fault, index) => active(fault, index + 1, seed));
  const added = all.at(-1);
  if (added === undefined) throw new Error("there is a fault");
  return planMeasuring(added, all, nodes);
}

const delay = (timeMs: number, jitterMs = 0) => ({
  delay: { timeMs, jitterMs, correlation: 0, distribution: "normal" as const },
});
const loss = (percent: number) => ({ loss: { model: "random" as const, percent, correlation: 0 } });
const chance = (percent: number) => ({ percent, correlation: 0 });

/** A link, as the dumbest of programs would make one: each packet is tossed for by itself. */
interface Twin {
  readonly delayMs: number;
  readonly jitterMs: number;
  readonly lossPercent: number;
}

function send(question: Question, { delayMs, jitterMs, lossPercent }: Twin, prng: Prng): Seen {
  const { count, spacingMs } = question.probe;
  const arrivals: Arrival[] = [];
  for (let number = 0; number < count; number++) {
    if (prng.next() * 100 < lossPercent) continue;
    const normal = Math.sqrt(-2 * Math.log(1 - prng.next())) * Math.cos(2 * Math.PI * prng.next());
    const waits = Math.max(0, delayMs + jitterMs * normal) + prng.next();
    arrivals.push({ number, delayMs: waits, atMs: number * spacingMs + waits });
  }
  return { sent: count, tookMs: count * spacingMs, arrivals };
}

const untouched: Twin = { delayMs: 0, jitterMs: 0, lossPercent: 0 };

/** Each figure of the plan's one question, felt on this link. */
function felt(faults: readonly Fault[], twin: Twin, seed = 1): readonly Measurement[] {
  const [question, ...more] = plan(faults).questions;
  if (question === undefined || more.length > 0) throw new Error("one question was expected");
  return judge(question, send(question, twin, createPrng(seed)), 0.2);
}

function verdict(faults: readonly Fault[], twin: Twin, seed = 1): boolean | null {
  const oks = felt(faults, twin, seed).map(({ ok }) => ok);
  return oks.includes(false) ? false : oks.every((ok) => ok === true) ? true : null;
}

const seeds = fc.integer({ min: 1, max: 2 ** 31 });

describe("a true link passes, one without the fault never does", () => {
  test("delay, whatever its jitter", () => {
    const shape = fc.record({
      timeMs: fc.integer({ min: 20, max: 5000 }),
      jitterPercent: fc.integer({ min: 0, max: 50 }),
      seed: seeds,
    });
    fc.assert(
      fc.property(shape, ({ timeMs, jitterPercent, seed }) => {
        const jitterMs = (timeMs * jitterPercent) / 100;
        const faults = [slow(delay(timeMs, jitterMs))];
        expect(verdict(faults, { delayMs: timeMs, jitterMs, lossPercent: 0 }, seed)).toBe(true);
        expect(verdict(faults, untouched, seed)).not.toBe(true);
        expect(verdict(faults, { delayMs: 3 * timeMs + 20, jitterMs: 0, lossPercent: 0 }, seed)).toBe(false);
      }),
      { numRuns: 300 },
    );
  });

  test("loss, from three packets in a hundred to all of them", () => {
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 100 }), seeds, (percent, seed) => {
        const faults = [slow(loss(percent))];
        expect(verdict(faults, { ...untouched, lossPercent: percent }, seed)).toBe(true);
        expect(verdict(faults, untouched, seed)).toSatisfy((ok) => ok === false || (ok === null && percent < 5));
      }),
      { numRuns: 100 },
    );
  });

  test("a chance too small for so few probes is not called measured, nor disproven", () => {
    expect(verdict([slow(loss(0.1))], untouched)).toBeNull();
  });

  test("a delay too short for this machine is not called measured; what came before its time is disproven all the same", () => {
    expect(verdict([slow(delay(2))], { ...untouched, delayMs: 2 })).toBeNull();
    expect(verdict([slow(delay(2))], untouched)).toBe(false);
  });
});

describe("all active faults count", () => {
  test("two delays on one link add up", () => {
    const faults = [slow(delay(100)), slow(delay(50))];
    expect(verdict(faults, { ...untouched, delayMs: 150 })).toBe(true);
    expect(verdict(faults, { ...untouched, delayMs: 100 })).toBe(false);
    expect(verdict(faults, { ...untouched, delayMs: 50 })).toBe(false);
    expect(felt(faults, { ...untouched, delayMs: 150 })[0]?.asked).toBe("50ms, in all 150ms");
  });

  test("a delay under somebody's loss is measured on what arrives", () => {
    const faults = [slow(loss(20)), slow(delay(100))];
    expect(verdict(faults, { ...untouched, delayMs: 100, lossPercent: 20 })).toBe(true);
    expect(verdict(faults, { ...untouched, delayMs: 100, lossPercent: 60 })).toBe(false);
  });

  test("a delay on a link that is cut shows nothing", () => {
    const faults = [partition({ n1: ["n2"] }), slow(delay(100))];
    expect(verdict(faults, { ...untouched, lossPercent: 100 })).toBeNull();
  });

  test("a second cut of a link that was cut before shows nothing", () => {
    const cut = partition({ n1: ["n2"] });
    const [question] = plan([cut, cut]).questions;
    const seen: Seen = { sent: 20, tookMs: 200, arrivals: [] };
    expect(question && judge(question, seen, 0)[0]?.ok).toBeNull();
  });

  test("faults on other traffic do not", () => {
    const tcpOnly = slow(delay(100), { protocol: "tcp", ports: [] });
    expect(verdict([tcpOnly, slow(delay(50))], { ...untouched, delayMs: 50 })).toBe(true);
  });
});

describe("the models of loss lose as their theory says", () => {
  const arrived = (impairment: Partial<Impairment>): number => {
    const path = [{ impairments: [{ ...noImpairment, ...impairment }], drops: [] }];
    const { least, most } = fateRanges(path, 10_000).arrived;
    return 1 - (least + most) / 2 / 10_000;
  };

  test.each([
    ["gemodel", { model: "gemodel", p: 2, r: 20, oneMinusH: 100, oneMinusK: 0 } as const, 2 / 22],
    [
      "gemodel with losses in both states",
      { model: "gemodel", p: 5, r: 15, oneMinusH: 50, oneMinusK: 2 } as const,
      0.25 * 0.5 + 0.75 * 0.02,
    ],
    ["state, losses alone in gaps", { model: "state", p13: 0, p31: 100, p32: 0, p23: 100, p14: 10 } as const, 10 / 110],
    ["state, bursts of losses", { model: "state", p13: 5, p31: 20, p32: 0, p23: 100, p14: 0 } as const, 5 / 25],
  ])("%s", (_name, model, share) => expect(arrived({ loss: model })).toBeCloseTo(share, 2));

  test("a doubled packet is lost in both its copies only", () => {
    // one toss spares one of two; the copy is tossed for alone
    expect(arrived({ ...loss(50), duplicate: chance(100) })).toBeCloseTo(0, 2);
  });

  test("garbled packets do not arrive, but for those whose sender's address alone is garbled", () => {
    expect(arrived({ corrupt: chance(50) })).toBeCloseTo(0.5 * (100 / 106), 2);
  });
});

describe("what is asked", () => {
  test("a delay takes twenty probes, a chance a thousand, and a narrow link is not filled", () => {
    const counts = (impairment: Partial<Impairment>): readonly number[] =>
      plan([slow(impairment)]).questions.map(({ probe }) => probe.count);
    expect(counts(delay(100, 10))).toEqual([20]);
    expect(counts(delay(100, 50))).toEqual([100]);
    expect(counts(loss(5))).toEqual([1000]);
    const narrow = { ...loss(5), rate: { bitsPerSecond: 100_000, burstBytes: null } };
    const [question] = plan([slow(narrow)]).questions;
    expect(question && (question.probe.count * 106 * 8) / (question.probe.count * question.probe.spacingMs)).toBeLessThanOrEqual(
      50,
    );
  });

  test("every family that both ends have", () => {
    expect(plan([slow(delay(100))], cluster(3, 2)).questions.map(({ probe }) => probe.family)).toEqual(["v4", "v6"]);
  });

  test("of a big cluster a dozen links, the same for the same seed, and it says so", () => {
    const nodes = cluster(50);
    const names = nodes.map(({ name }) => name);
    const half = partition(split([names.slice(0, 25), names.slice(25)]));
    const links = (seed: number) => plan([half], nodes, seed).questions.map(({ probe }) => probe.link);
    expect(links(7)).toHaveLength(16);
    expect(links(7)).toEqual(links(7));
    expect(links(8)).not.toEqual(links(7));
    expect(plan([half], nodes, 7).unmeasured).toMatchObject([
      { what: "links", measured: "not measured: only 12 of 1250 were looked at", ok: null },
    ]);
  });

  test("a partition is also asked who still hears whom, over the cut too where it spares some traffic", () => {
    const words = (traffic: Traffic) =>
      plan([partition(oneWay(["n1"], ["n2"]), 100, traffic)]).questions.map(
        ({ probe, figures }) =>
          `${probe.link.from} ${probe.link.to} ${probe.packet.protocol} ${probe.packet.port} ${figures[0]?.word}`,
      );
    const heard = words(anyTraffic).filter((line) => line.endsWith("still heard"));
    expect(words(anyTraffic)).toContain("n1 n2 udp null cut");
    expect(heard).toHaveLength(4);
    expect(heard).not.toContain("n1 n2 udp null still heard");
    expect(words({ protocol: "tcp", ports: [2380] })).toEqual(
      expect.arrayContaining(["n1 n2 tcp 2380 cut", "n1 n2 udp null still heard"]),
    );
  });

  test.each<[string, Fault, readonly string[]]>([
    ["icmp", slow(delay(100), { protocol: "icmp", ports: [] }), ["icmp"]],
    ["clients", slow(delay(100), anyTraffic, "all"), ["clients"]],
    ["what tcp hides", slow({ duplicate: chance(5) }, { protocol: "tcp", ports: [] }), ["duplicate"]],
    ["a burst larger than the probes'", slow({ rate: { bitsPerSecond: 1e6, burstBytes: 5e6 } }), ["rate"]],
    ["a node that does not run", slow(delay(100), anyTraffic, ["n1", "n4"], 4), ["links"]],
  ])("nobody claims to have measured %s", (_title, fault, what) => {
    const { unmeasured } = plan([fault]);
    expect(unmeasured.map((each) => each.what)).toEqual(what);
    for (const { ok, measured } of unmeasured) expect([ok, measured.slice(0, 13)]).toEqual([null, "not measured:"]);
  });
});

test("a proof is as good as its figures", () => {
  const figure = (ok: boolean | null): Measurement => ({
    what: "n2 -> n1 delay",
    asked: "100ms",
    measured: "99.7ms (p50 of 20)",
    ok,
  });
  expect(describeProof({ how: "read-back" })).toBe("read back");
  expect(describeProof({ how: "measured", measurements: [figure(null)] })).toBe("read back");
  expect(describeProof({ how: "measured", measurements: [figure(null), figure(true), figure(true)] })).toBe(
    "measured n2 -> n1 delay 99.7ms (p50 of 20) and 1 more",
  );
  expect(disproofs([figure(true), figure(null)])).toEqual([]);
  expect(disproofs([figure(true), figure(false)])).toHaveLength(1);
});
