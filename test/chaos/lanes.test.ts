// Shows how a link's traffic is cut into lanes, what several faults do to one lane, and which faults cannot come together.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { combine } from "../../src/chaos/combine.js";
import type { ActiveFault } from "../../src/chaos/fault.js";
import { type Impairment, type Loss, noImpairment } from "../../src/chaos/impairment.js";
import { inboundOf, lanesOf, linksOf } from "../../src/chaos/lanes.js";
import type { SlowFault } from "../../src/chaos/slow.js";
import { problemsTogether } from "../../src/chaos/together.js";
import { type Traffic, anyTraffic, traffic } from "../../src/chaos/traffic.js";
import { impairments } from "./slow-faults.js";

const delay = (timeMs: number, jitterMs = 0): Impairment => ({
  ...noImpairment,
  delay: { timeMs, jitterMs, correlation: 0, distribution: "normal" },
});
const loss = (value: Loss): Impairment => ({ ...noImpairment, loss: value });
const random = (percent: number, correlation = 0): Loss => ({ model: "random", percent, correlation });
const gemodel: Loss = { model: "gemodel", p: 1, r: 10, oneMinusH: 80, oneMinusK: 0 };
const state: Loss = { model: "state", p13: 1, p31: 10, p32: 0, p23: 0, p14: 0 };

const slow = (
  impairment: Impairment,
  meant: Traffic = anyTraffic,
  peers = ["n2"],
  clients = false,
  fromClients = false,
): SlowFault => ({
  kind: "slow",
  nodes: ["n1"],
  links: { n1: { peers, clients, fromClients } },
  where: "n1 -> somewhere",
  impairment,
  traffic: meant,
});

/** Lanes as `cells: delay`, each cell as protocol and ports. */
function lanesInWords(...faults: readonly SlowFault[]): readonly string[] {
  return lanesOf(faults).map(({ cells, impairment }) => {
    const words = cells.map(({ protocol, ports, otherPorts }) =>
      [protocol ?? "any", ...[ports, otherPorts].filter(({ length }) => length > 0).map((each) => each.join("+"))].join(" "),
    );
    return `${words.join(", ")}: ${impairment.delay?.timeMs}`;
  });
}

describe("lanes", () => {
  test.each<[string, readonly SlowFault[], readonly string[]]>([
    ["without selectors there is one", [slow(delay(1)), slow(delay(2))], ["any: 3"]],
    ["a port is of TCP and of UDP", [slow(delay(1), traffic(null, [80]))], ["tcp 80, udp 80: 1"]],
    ["a port inside of everything is both", [slow(delay(1)), slow(delay(2), traffic("tcp", [80]))], ["tcp 80: 3", "any: 1"]],
    ["a protocol inside of everything is both", [slow(delay(1)), slow(delay(2), traffic("icmp", []))], ["icmp: 3", "any: 1"]],
    [
      "packets between two ports are of both",
      [slow(delay(1), traffic("tcp", [80])), slow(delay(2), traffic("tcp", [90]))],
      ["tcp 80: 1", "tcp 80 90: 3", "tcp 90: 2"],
    ],
    [
      "ports that the same faults name are one",
      [slow(delay(1), traffic("udp", [1, 2, 3])), slow(delay(2), traffic("udp", [3]))],
      ["udp 1+2: 1", "udp 1+2 3, udp 3: 3"],
    ],
  ])("%s", (_, faults, expected) => {
    expect(lanesInWords(...faults)).toEqual(expected);
  });

  test("a node without an impaired link has none, one with has every peer and clients", () => {
    const peers = ["n2", "n3"].map((name) => ({ name, addresses: { v4: [], v6: [] } }));
    expect(linksOf("n2", [slow(delay(1))], peers)).toEqual([]);
    expect(linksOf("n1", [slow(delay(1), anyTraffic, ["gone"])], peers)).toEqual([]);
    expect(
      linksOf("n1", [slow(delay(1))], peers).map(({ to, lanes }) => [to === "clients" ? to : to.name, lanes.length]),
    ).toEqual([
      ["n2", 1],
      ["n3", 0],
      ["clients", 0],
    ]);
  });
});

test("what clients send to a node is no way out of it, and what it sends to them is none into it", () => {
  const peers = [{ name: "n2", addresses: { v4: ["10.0.0.2"], v6: [] } }];
  const [inward, outward] = [slow(delay(1), anyTraffic, [], false, true), slow(delay(2), anyTraffic, ["n2"], true)];
  expect(linksOf("n1", [inward, outward], peers)).toEqual(linksOf("n1", [outward], peers));
  expect(inboundOf("n1", [inward, outward], peers)).toEqual({ peers, lanes: lanesOf([inward]) });
  expect(inboundOf("n1", [outward], peers)).toBeNull();
  expect(inboundOf("n2", [inward], peers)).toBeNull();
});

describe("combined", () => {
  test.each<[string, readonly Impairment[], Partial<Impairment>]>([
    [
      "delays and jitters add, the widest jitter lends its shape",
      [
        { ...noImpairment, delay: { timeMs: 100, jitterMs: 1, correlation: 50, distribution: "pareto" } },
        { ...noImpairment, delay: { timeMs: 20, jitterMs: 5, correlation: 25, distribution: "normal" } },
      ],
      { delay: { timeMs: 120, jitterMs: 6, correlation: 25, distribution: "normal" } },
    ],
    ["losses are independent", [loss(random(10)), loss(random(20, 5))], { loss: random(28, 5) }],
    [
      "a random loss joins a Gilbert-Elliott model",
      [loss(random(50)), loss(gemodel)],
      { loss: { ...gemodel, oneMinusH: 90, oneMinusK: 50 } },
    ],
    [
      "doubling and corruption are independent",
      [
        { ...noImpairment, duplicate: { percent: 50, correlation: 1 }, corrupt: { percent: 10, correlation: 0 } },
        { ...noImpairment, duplicate: { percent: 50, correlation: 3 }, corrupt: { percent: 10, correlation: 0 } },
      ],
      { duplicate: { percent: 75, correlation: 3 }, corrupt: { percent: 19, correlation: 0 } },
    ],
    [
      "the smallest gap and the narrowest rate win, the rate with its burst",
      [
        { ...noImpairment, reorder: { percent: 25, correlation: 0, gap: 5 }, rate: { bitsPerSecond: 2e6, burstBytes: 2000 } },
        { ...noImpairment, reorder: { percent: 25, correlation: 9, gap: 3 }, rate: { bitsPerSecond: 1e6, burstBytes: null } },
      ],
      { reorder: { percent: 43.75, correlation: 9, gap: 3 }, rate: { bitsPerSecond: 1e6, burstBytes: null } },
    ],
  ])("%s", (_, parts, expected) => {
    expect(combine(parts)).toEqual({ ...noImpairment, ...expected });
  });

  test("one fault is itself, and order is nothing", () => {
    fc.assert(
      fc.property(fc.array(impairments, { minLength: 1, maxLength: 6 }), (parts) => {
        const [first = noImpairment] = parts;
        expect(combine([first])).toEqual(first);
        expect(combine([...parts].reverse())).toEqual(combine(parts));
        expect(combine([...parts.slice(2), ...parts.slice(0, 2)])).toEqual(combine(parts));
      }),
    );
  });
});

describe("problems together", () => {
  const active = (...faults: readonly SlowFault[]): readonly ActiveFault[] =>
    faults.map((fault, index) => ({ id: `f${index + 1}`, fault, startedAtMs: 0, deadlineMs: null, seed: null }));

  test.each<[string, readonly SlowFault[], SlowFault, readonly RegExp[]]>([
    ["delays stack", [slow(delay(100))], slow(delay(100)), []],
    ["random losses join", [slow(loss(random(1, 50)))], slow(loss(random(2, 10))), []],
    ["a random loss joins a Gilbert-Elliott model", [slow(loss(gemodel))], slow(loss(random(2))), []],
    ["a correlated one does not", [slow(loss(gemodel))], slow(loss(random(2, 10))), [/n1 -> n2.*"random".*f1.*"gemodel"/]],
    ["a state model joins nothing", [slow(loss(random(2))), slow(delay(1))], slow(loss(state)), [/f1/]],
    ["two models do not join", [slow(delay(1)), slow(loss(gemodel))], slow(loss(gemodel)), [/f2/]],
    ["on other links they may", [slow(loss(state), anyTraffic, ["n3"])], slow(loss(state)), []],
    ["on other ports they may", [slow(loss(state), traffic("tcp", [1]))], slow(loss(state), traffic("tcp", [2])), []],
    ["for other protocols they may", [slow(loss(state), traffic(null, [1]))], slow(loss(state), traffic("icmp", [])), []],
    [
      "on the way to clients as well",
      [slow(loss(state), anyTraffic, [], true)],
      slow(loss(state), anyTraffic, [], true),
      [/n1 -> clients/],
    ],
    [
      "on the way from clients as well",
      [slow(loss(state), anyTraffic, [], false, true)],
      slow(loss(state), anyTraffic, [], true, true),
      [/clients -> n1/],
    ],
    [
      "delays end where the kernel's numbers do",
      [slow(delay(60_000)), slow(delay(60_000)), slow(delay(60_000)), slow(delay(60_000))],
      slow(delay(1000)),
      [/With f1, f2, f3, f4, n1 -> n2 would be delayed by 4m1s/],
    ],
    ["so does jitter", [slow(delay(3000, 1500))], slow(delay(3000, 1000)), [/With f1, n1 -> n2 would jitter by 2.5s/]],
  ])("%s", (_, faults, fault, expected) => {
    const problems = problemsTogether(active(...faults), fault);
    expect(problems).toHaveLength(expected.length);
    for (const [index, pattern] of expected.entries()) expect(problems[index]).toMatch(pattern);
  });

  test("other faults are in nobody's way", () => {
    expect(problemsTogether(active(slow(loss(state))), { kind: "pause", nodes: ["n1"] })).toEqual([]);
  });
});
