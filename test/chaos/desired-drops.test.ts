// Shows what a node is to drop under partitions that overlap, come one by one, and mean peers that are not there.
import { expect, test } from "vitest";
import { type Drop, desiredState } from "../../src/chaos/desired-state.js";
import type { Fault } from "../../src/chaos/fault.js";
import { type Grudge, oneWay, split } from "../../src/chaos/grudge.js";
import { type Traffic, anyTraffic, traffic } from "../../src/chaos/traffic.js";

const n2 = { name: "n2", addresses: { v4: ["172.18.0.3"], v6: [] } };
const n3 = { name: "n3", addresses: { v4: ["172.18.0.4"], v6: ["fd00::4"] } };
const cut = (grudge: Grudge, which: Traffic = anyTraffic, percent = 100): Fault => ({
  kind: "partition",
  grudge,
  shape: "some",
  traffic: which,
  percent,
});
const whole = (peer: Drop["peer"]): Drop => ({ peer, traffic: anyTraffic, percent: 100 });

test.each<[string, readonly Fault[], readonly Drop[]]>([
  ["no fault", [], []],
  ["faults of others", [{ kind: "pause", nodes: ["n2"] }, cut(oneWay(["n1"], ["n2"]))], []],
  ["cut off", [cut(split([["n1"], ["n2", "n3"]]))], [whole(n2), whole(n3)]],
  ["two cuts", [cut(split([["n1", "n3"], ["n2"]])), cut(split([["n1", "n2"], ["n3"]]))], [whole(n2), whole(n3)]],
  [
    "a flaky link and a cut of one port on the same link",
    [cut(oneWay(["n2"], ["n1"]), anyTraffic, 30), cut(oneWay(["n2"], ["n1"]), traffic("tcp", [2380]))],
    [
      { peer: n2, traffic: anyTraffic, percent: 30 },
      { peer: n2, traffic: traffic("tcp", [2380]), percent: 100 },
    ],
  ],
  ["a peer that does not run", [cut(oneWay(["n4"], ["n1"]))], []],
])("n1: %s", (_, faults, drops) => {
  const active = faults.map((fault, index) => ({ id: `f${index + 1}`, fault, startedAtMs: 0, deadlineMs: null, seed: null }));
  expect(desiredState("n1", active, [n3, n2]).drops).toEqual(drops);
});
