// Shows that the ledger keeps every fault exactly until it is healed or its time is up, through any number of restarts.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Fault } from "../../src/chaos/fault.js";
import {
  type Ledger,
  add,
  cutWith,
  emptyLedger,
  endMomentary,
  expire,
  freeze,
  heal,
  letRun,
  lostLedger,
  nextDeadlineMs,
  noteDown,
  noteHooked,
  noteLimited,
  noteUnhooked,
  noteUnlimited,
  noteUp,
  thaw,
  wasGiven,
} from "../../src/chaos/ledger.js";
import { noImpairment } from "../../src/chaos/impairment.js";
import { decodeLedger, encodeLedger } from "../../src/chaos/schema.js";
import { anyTraffic } from "../../src/chaos/traffic.js";
import { fault, someFaultOn } from "./some-fault.js";

const nodes = ["n1", "n2", "n3"];
const someFault = someFaultOn(nodes);
const someFaults = fc.array(fc.tuple(someFault, fc.option(fc.integer({ min: 1, max: 10_000 }), { nil: null })), { maxLength: 8 });
const ledgerOf = (faults: readonly (readonly [Fault, number | null])[], startMs = 1000): Ledger =>
  faults.reduce((ledger, [fault, durationMs], index) => add(ledger, fault, startMs + index, durationMs).ledger, emptyLedger);

const three = ledgerOf([
  [fault("pause", "n1"), 5000],
  [fault("partition", "n2"), 2000],
  [fault("slow", "n3"), null],
]);

test("what is written is read back", () => {
  fc.assert(
    fc.property(someFaults, fc.dictionary(fc.constantFrom(...nodes), fc.string()), (faults, frozen) => {
      const limited = { n1: { process: "c1 42", originals: { "cpu.max": "max 100000" } } };
      const downed = { n1: { containerId: "c1", pid: 42 }, n2: { containerId: "c2", pid: null } };
      const ledger = { ...ledgerOf(faults), frozen: { ...frozen }, downed, hooked: { ...frozen }, limited };
      expect(decodeLedger(encodeLedger(ledger))).toEqual(ledger);
    }),
  );
});

test.each([
  ["", "end of JSON"],
  ["{}", "nextNumber"],
  ["[]", "expected object"],
  ['{"nextNumber":0,"faults":[],"frozen":{},"cutTools":[]}', "nextNumber"],
  ['{"nextNumber":2,"faults":[{"id":"f1"}],"frozen":{},"cutTools":[]}', "faults.0.fault"],
])("%j is no ledger: %s", (text, problem) => {
  expect(() => decodeLedger(text)).toThrow(problem);
});

test("an older ledger names only the container that was brought down", () => {
  const old = JSON.stringify({ ...emptyLedger, downed: { n1: "c1" } });
  expect(decodeLedger(old).downed).toEqual({ n1: { containerId: "c1", pid: null } });
});

test("a ledger of a time when nothing was done to what clients send is read as one that does nothing to it", () => {
  const slow: Fault = {
    kind: "slow",
    nodes: ["n1"],
    links: { n1: { peers: ["n2"], clients: true, fromClients: false } },
    where: "n1 -> all",
    impairment: { ...noImpairment, loss: { model: "random", percent: 2, correlation: 0 } },
    traffic: anyTraffic,
  };
  const text = encodeLedger(ledgerOf([[slow, null]]));
  const old = text.replaceAll(/,\s*"fromClients": false/g, "");
  expect(old).not.toContain("fromClients");
  expect(decodeLedger(old)).toEqual(decodeLedger(text));
});

test("a fault ends at its deadline, not before; one without stays", () => {
  fc.assert(
    fc.property(someFaults, fc.integer({ min: 0, max: 12_000 }), (faults, nowMs) => {
      const before = ledgerOf(faults);
      const { ledger, healed } = expire(before, nowMs);
      expect(new Set([...ledger.faults, ...healed])).toEqual(new Set(before.faults));
      for (const { deadlineMs } of healed) expect(deadlineMs).toBeLessThanOrEqual(nowMs);
      for (const { deadlineMs } of ledger.faults) expect(deadlineMs ?? Infinity).toBeGreaterThan(nowMs);
      expect(nextDeadlineMs(ledger) ?? Infinity).toBeGreaterThan(nowMs);
    }),
  );
});

test("ids count up and are never given twice, not even after everything was healed", () => {
  const { added } = add(heal(three, { by: "all" }).ledger, fault("pause", "n1"), 0, null);
  expect([...three.faults.map(({ id }) => id), added.id]).toEqual(["f1", "f2", "f3", "f4"]);
  expect(["f1", "f3", "f4", "f0", "f01", "x"].map((id) => wasGiven(three, id))).toEqual([true, true, false, false, false, false]);
});

describe("healing", () => {
  test.each([
    [{ by: "all" }, ["f1", "f2", "f3"]],
    [{ by: "id", id: "f2" }, ["f2"]],
    [{ by: "id", id: "f9" }, []],
    [{ by: "node", node: "n3" }, ["f2", "f3"]],
    [{ by: "node", node: "n9" }, []],
  ] as const)("%j", (what, expected) => {
    const { ledger, healed } = heal(three, what);
    expect(healed.map(({ id }) => id)).toEqual(expected);
    expect(heal(ledger, what).healed).toEqual([]);
    expect(ledger.faults.length + healed.length).toBe(3);
  });
});

test("who is frozen by us is remembered until thawed", () => {
  const frozen = freeze(three, "n1", "c1");
  expect(frozen.frozen).toEqual({ n1: "c1" });
  expect(thaw(frozen, "n1")).toEqual(three);
  expect(thaw(three, "n1")).toEqual(three);
});

test("what cut is remembered once, and a lost ledger may have cut with anything", () => {
  const used = cutWith(cutWith(cutWith(three, "iptables"), "nft"), "iptables");
  expect(used.cutTools).toEqual(["iptables", "nft"]);
  expect(heal(used, { by: "all" }).ledger.cutTools).toEqual(["iptables", "nft"]);
  for (const ledger of [used, lostLedger]) expect(decodeLedger(encodeLedger(ledger))).toEqual(ledger);
  expect(lostLedger.cutTools).toEqual(["nft", "iptables"]);
});

describe("who is brought down by us", () => {
  const kill: Fault = { kind: "kill", nodes: ["n1", "n2"], signal: "KILL" };
  const loop: Fault = { kind: "crash-loop", nodes: ["n2"], everyMs: 1000 };
  const ledger = ledgerOf([
    [kill, 5000],
    [loop, 5000],
    [fault("pause", "n1"), 5000],
  ]);

  test("is remembered until started, each for itself, and so is who is limited and whose store was told", () => {
    const c1 = { containerId: "c1", pid: 42 };
    const c2 = { containerId: "c2", pid: null };
    const noted = noteDown(noteDown(three, "n1", c1), "n2", c2);
    expect(noteUp(noted, "n1").downed).toEqual({ n2: c2 });
    const limited = { process: "c1 42", originals: { "cpu.max": "max 100000" } };
    expect(noteUnlimited(noteLimited(three, "n1", limited), "n1")).toEqual(three);
    expect(noteUnhooked(noteHooked(three, "n1", "c1 42"), "n1")).toEqual(three);
  });

  test("runs when told to: what kept it down ends for it, goes on for others, and nothing else changes", () => {
    const { ledger: left, healed, narrowed } = letRun(ledger, ["n2", "n3"]);
    expect(healed.map(({ id }) => id)).toEqual(["f2"]);
    expect(narrowed).toMatchObject([{ id: "f1", fault: { ...kill, nodes: ["n1"] }, deadlineMs: 6000 }]);
    expect(left.faults.map(({ id }) => id)).toEqual(["f1", "f3"]);
    expect(letRun(left, ["n2"])).toEqual({ ledger: left, healed: [], narrowed: [] });
  });

  test("by a restart is owed its start as soon as nobody is at it", () => {
    const restarting = add(three, { kind: "restart", nodes: ["n1"], graceMs: 0 }, 2000, null);
    expect(endMomentary(restarting.ledger)).toEqual({
      ledger: { ...three, nextNumber: 5 },
      healed: [restarting.added],
    });
  });
});
