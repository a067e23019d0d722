// Shows how each fault reads in one line, whose state it changes, and which values it refuses, all of them at once.
import { expect, test } from "vitest";
import { type Fault, concerns, describeFault, nodesOf, problemsWithFault, whatOf, whereOf } from "../../src/chaos/fault.js";
import {
  type Delay,
  type Impairment,
  gemodelLoss,
  noImpairment,
  problemsWithImpairment,
  stateLoss,
} from "../../src/chaos/impairment.js";
import type { SlowFault } from "../../src/chaos/slow.js";
import { anyTraffic, traffic } from "../../src/chaos/traffic.js";
import { clock, disk, fault } from "./some-fault.js";

const delay = (timeMs: number, more: Partial<Delay> = {}): Impairment => ({
  ...noImpairment,
  delay: { timeMs, jitterMs: 0, correlation: 0, distribution: "normal", ...more },
});
const slow = (impairment: Impairment, more: Partial<SlowFault> = {}): Fault => ({ ...fault("slow", "n2"), impairment, ...more });
const everything: Impairment = {
  delay: { timeMs: 100, jitterMs: 10, correlation: 25, distribution: "pareto" },
  loss: { model: "random", percent: 2, correlation: 10 },
  duplicate: { percent: 1, correlation: 0 },
  corrupt: { percent: 0.5, correlation: 0 },
  reorder: { percent: 25, correlation: 50, gap: 5 },
  rate: { bitsPerSecond: 1e6, burstBytes: 32_768 },
};

test.each<[Fault, string, readonly string[]]>([
  [fault("pause", "n1,n3"), "pause n1,n3", ["n1", "n3"]],
  [fault("partition", "n1"), "partition n1 | n2,n3", ["n1", "n2", "n3"]],
  [fault("partition", "one-way n1 n2"), "partition n1 -> n2", ["n2"]],
  [{ ...fault("partition", "flaky n2"), percent: 30 }, "partition flaky n2 dropping 30%", ["n1", "n2", "n3"]],
  [
    { ...fault("partition", "n1"), traffic: traffic("tcp", [2380, 2379]) },
    "partition n1 | n2,n3 (tcp ports 2379,2380)",
    ["n1", "n2", "n3"],
  ],
  [slow(delay(100)), "slow n2 -> peers: delay 100ms", ["n2"]],
  [slow(delay(100, { jitterMs: 10 })), "slow n2 -> peers: delay 100ms ± 10ms normal", ["n2"]],
  [slow(delay(0.5)), "slow n2 -> peers: delay 500us", ["n2"]],
  [slow(delay(10_050)), "slow n2 -> peers: delay 10.05s", ["n2"]],
  [
    slow(everything, { traffic: traffic("udp", []) }),
    "slow n2 -> peers: delay 100ms ± 10ms pareto (correlation 25%), loss 2% (correlation 10%), duplicate 1%, corrupt 0.5%, " +
      "reorder 25% (correlation 50%) gap 5, rate 1mbit burst 32kb (udp)",
    ["n2"],
  ],
  [slow({ ...noImpairment, loss: stateLoss([5]) ?? null }), "slow n2 -> peers: loss state 5% 95% 0% 100% 0%", ["n2"]],
  [slow({ ...noImpairment, loss: gemodelLoss([1, 10]) ?? null }), "slow n2 -> peers: loss gemodel 1% 10% 100% 0%", ["n2"]],
  [fault("kill", "n1"), "kill n1", ["n1"]],
  [{ ...fault("kill", "n1"), signal: "TERM" }, "kill n1 with SIGTERM", ["n1"]],
  [{ kind: "stop", nodes: ["n1"], graceMs: 5000 }, "stop n1", ["n1"]],
  [{ kind: "stop", nodes: ["n1"], graceMs: 0 }, "stop n1 with 0ms of grace", ["n1"]],
  [{ kind: "restart", nodes: ["n1", "n2"], graceMs: 1500 }, "restart n1,n2 with 1.5s of grace", ["n1", "n2"]],
  [{ kind: "wipe", nodes: ["n2"] }, "wipe n2", ["n2"]],
  [{ kind: "crash-loop", nodes: ["n1"], everyMs: 5000 }, "crash-loop n1 every 5s", ["n1"]],
  [{ kind: "cpu", nodes: ["n1"], cpus: 0.1 }, "cpu n1 at 0.1 cpus", ["n1"]],
  [{ kind: "memory", nodes: ["n1"], bytes: 64 * 1024 ** 2 }, "memory n1 at 64mb", ["n1"]],
  [disk({ fsyncDelayMs: 200 }), "disk n1: fsync takes 200ms longer", ["n1"]],
  [
    disk({ fsyncFails: true, losesUnsynced: true, tearsWrites: true, flipsBit: true }),
    "disk n1: fsync fails, loses what was not fsynced, tears the last write, flips a bit",
    ["n1"],
  ],
  [clock({ skewMs: 5000, jumpMs: 10_000, driftPercent: 10 }), "clock n1: 5s ahead, jumps 10s, 10% too fast", ["n1"]],
  [clock({ skewMs: -5000, driftPercent: -10 }), "clock n1: 5s behind, 10% too slow", ["n1"]],
])("%j", (one, description, nodes) => {
  expect(problemsWithFault(one)).toEqual([]);
  expect(describeFault(one)).toBe(description);
  expect(nodesOf(one)).toEqual(nodes);
});

test.each<[Fault, string, string]>([
  [fault("pause", "n1"), "pause", "n1"],
  [{ ...fault("kill", "n1,n2"), signal: "TERM" }, "kill with SIGTERM", "n1,n2"],
  [fault("partition", "n1"), "partition", "n1 | n2,n3"],
  [slow(delay(100)), "slow: delay 100ms", "n2 -> peers"],
  [disk({ fsyncFails: true }), "disk: fsync fails", "n1"],
])("what and where of %j", (one, what, where) => {
  expect([whatOf(one), whereOf(one)]).toEqual([what, where]);
});

test("a fault concerns those it changes and those it was meant for", () => {
  const towards = slow(delay(1), { nodes: ["n2"], links: { n1: { peers: ["n2"], clients: false, fromClients: false } } });
  expect(["n1", "n2", "n3"].map((node) => concerns(towards, node))).toEqual([true, true, false]);
  expect(["n1", "n2"].map((node) => concerns(fault("pause", "n1"), node))).toEqual([true, false]);
});

const link = "A delay lies between 1us and 1m";

test.each<[string, Fault, readonly string[]]>([
  ["nobody", { kind: "pause", nodes: [] }, ["The fault pause needs at least one node."]],
  ["nothing to do to a link", slow(noImpairment), [expect.stringContaining("at least one of delay, loss")]],
  ["no delay", slow(delay(0)), [`${link}, not at 0ms.`]],
  ["a negative delay", slow(delay(-5)), [`${link}, not at -5ms.`]],
  ["a long delay", slow(delay(60_001)), [`${link}, not at 60.001s.`]],
  ["negative jitter", slow(delay(10, { jitterMs: -1 })), ["Jitter cannot be negative (-1ms)."]],
  [
    "jitter > delay",
    slow(delay(10, { jitterMs: 20 })),
    ["Jitter 20ms is larger than the delay 10ms: packets cannot arrive before they were sent."],
  ],
  ["no link", slow(delay(1), { links: {} }), ["There is no link n2 -> peers."]],
  ["a port", slow(delay(1), { traffic: traffic("tcp", [70_000]) }), ["70000 is not a port: they go from 1 to 65535."]],
  ["ports of ICMP", slow(delay(1), { traffic: traffic("icmp", [80]) }), ["ICMP has no ports."]],
  [
    "no cut",
    { kind: "partition", grudge: {}, shape: "n1,n2", traffic: anyTraffic, percent: 0 },
    [
      "The partition n1,n2 cuts nothing: every node still hears every other.",
      "A partition drops more than 0% and at most 100% of the packets, not 0%.",
    ],
  ],
  [
    "a cut from itself",
    { kind: "partition", grudge: { n1: ["n1"] }, shape: "odd", traffic: anyTraffic, percent: 100 },
    ["A partition cannot cut n1 off from itself."],
  ],
  ["a grace", { kind: "stop", nodes: ["n1"], graceMs: -1 }, ["The grace of a stop lies between 0s and 1m, not at -1ms."]],
  ["a crash loop", { kind: "crash-loop", nodes: ["n1"], everyMs: 100 }, [expect.stringContaining("not every 100ms")]],
  ["no cpu", { kind: "cpu", nodes: ["n1"], cpus: 0 }, ["A cpu limit lies between 0.01 and 1024 processors, not at 0."]],
  ["no memory", { kind: "memory", nodes: ["n1"], bytes: 1024 }, ["A memory limit is at least 6mb, not 1kb."]],
  ["a good disk", disk({}), [expect.stringContaining("Say what is wrong with the disk")]],
  ["a quick disk", disk({ fsyncDelayMs: -1 }), ["An fsync is slowed by 0 to 1m, not by -1ms."]],
  ["a good clock", clock({}), [expect.stringContaining("Say what is wrong with the clock")]],
  [
    "a bad clock",
    clock({ skewMs: 1e12, jumpMs: -1, driftPercent: -95 }),
    [
      expect.stringContaining("skewed by a year at most"),
      expect.stringContaining("jumps forward, by a day at most, not by -1ms"),
      "A clock drifts by -90% to 900%, not by -95%.",
    ],
  ],
])("refused: %s", (_title, one, problems) => {
  expect(problemsWithFault(one)).toEqual(problems);
});

test("every value of a link that is out of its range is told at once", () => {
  expect(
    problemsWithImpairment({
      delay: null,
      loss: { model: "random", percent: 120, correlation: 101 },
      duplicate: { percent: 0, correlation: 0 },
      corrupt: { percent: Number.NaN, correlation: 0 },
      reorder: { percent: 25, correlation: 0, gap: 0.5 },
      rate: { bitsPerSecond: 8, burstBytes: 1 },
    }),
  ).toEqual([
    "A loss is more than 0% and at most 100%, not 120%.",
    "The correlation of loss lies between 0% and 100%, not at 101%.",
    "A duplicate is more than 0% and at most 100%, not 0%.",
    "A corrupt is more than 0% and at most 100%, not NaN%.",
    "The gap of reorder is a whole number from 1, not 0.5.",
    "Reordering needs a delay: only packets that wait can be overtaken.",
    "A rate lies between 1kbit and 10gbit, not at 8bit.",
    "A burst lies between 1600 bytes, one packet, and 1gb, not at 1b.",
  ]);
});

test.each([
  [
    stateLoss([120]),
    ["Loss state p13 lies between 0% and 100%, not at 120%.", "Loss state p31 lies between 0% and 100%, not at -20%."],
  ],
  [stateLoss([60, 60, 50, 100, 50]), ["Loss state p13 and p14 are together 100% at most, not 110%.", "Loss state p31 and p32 are together 100% at most, not 110%."]], // prettier-ignore
  [gemodelLoss([1, 10, 101, -1]), ["Loss gemodel 1-h lies between 0% and 100%, not at 101%.", "Loss gemodel 1-k lies between 0% and 100%, not at -1%."]], // prettier-ignore
])("a loss model out of its range: %j", (loss, problems) => {
  expect(problemsWithImpairment({ ...noImpairment, loss: loss ?? null })).toEqual(problems);
});

test.each([
  [stateLoss([1]), { model: "state", p13: 1, p31: 99, p32: 0, p23: 100, p14: 0 }],
  [stateLoss([1, 2, 3, 4, 5]), { model: "state", p13: 1, p31: 2, p32: 3, p23: 4, p14: 5 }],
  [gemodelLoss([1]), { model: "gemodel", p: 1, r: 99, oneMinusH: 100, oneMinusK: 0 }],
  [gemodelLoss([1, 2, 3, 4]), { model: "gemodel", p: 1, r: 2, oneMinusH: 3, oneMinusK: 4 }],
  [stateLoss([]), undefined],
  [stateLoss([1, 2, 3, 4, 5, 6]), undefined],
  [gemodelLoss([1, 2, 3, 4, 5]), undefined],
])("what a loss model leaves out is as netem has it: %j", (loss, expected) => {
  expect(loss).toEqual(expected);
});
