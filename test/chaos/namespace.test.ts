// Shows that a node's desired state follows from the whole set of active faults.
import { expect, test } from "vitest";
import { delay } from "../../src/chaos/delay.js";
import type { ActiveFault, Fault } from "../../src/chaos/fault.js";
import { type DesiredState, desiredState, untouched } from "../../src/chaos/namespace.js";
import { partition } from "../../src/chaos/partition.js";
import { pause } from "../../src/chaos/pause.js";

const three = ["n1", "n2", "n3"];
const n2 = { name: "n2", addresses: { v4: ["172.18.0.3"], v6: [] } };
const n3 = { name: "n3", addresses: { v4: ["172.18.0.4"], v6: ["fd00::4"] } };
const active = (...faults: readonly Fault[]): readonly ActiveFault[] =>
  faults.map((fault, index) => ({ id: `f${index + 1}`, fault, startedAtMs: 0, deadlineMs: null }));
const slow = (delayMs: number, jitterMs: number, distribution: "normal" | "pareto") => ({ delayMs, jitterMs, distribution });

test.each<[string, readonly Fault[], DesiredState]>([
  ["no fault", [], untouched],
  ["faults of others", [pause(["n2"]), delay(["n3"], 5)], untouched],
  ["paused twice", [pause(["n1"]), pause(["n1", "n2"])], { ...untouched, paused: true }],
  ["cut off", [partition([["n1"]], three)], { ...untouched, unheard: [n2, n3] }],
  ["two cuts", [partition([["n1", "n3"]], three), partition([["n3"]], three)], { ...untouched, unheard: [n2, n3] }],
  [
    "slow to every peer",
    [delay(["n1"], 5)],
    { ...untouched, links: [n2, n3].map((peer) => ({ peer, netem: slow(5, 0, "normal") })) },
  ],
  [
    "delays add up, the widest jitter gives the shape",
    [delay(["n1"], 5, { jitterMs: 1 }), delay(["n1"], 7, { jitterMs: 2, distribution: "pareto" })],
    { ...untouched, links: [n2, n3].map((peer) => ({ peer, netem: slow(12, 3, "pareto") })) },
  ],
])("n1: %s", (_, faults, expected) => {
  expect(desiredState("n1", active(...faults), [n3, n2])).toEqual(expected);
});

test("a peer that is not there cannot be cut off", () => {
  expect(desiredState("n1", active(partition([["n1"]], three)), [n2]).unheard).toEqual([n2]);
});
