// Shows that the ledger keeps every fault exactly until it is healed or its time is up, through any number of restarts.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Fault } from "../../src/chaos/fault.js";
import {
  type Ledger,
  add,
  cutWith,
  emptyLedger,
  expire,
  freeze,
  heal,
  lostLedger,
  nextDeadlineMs,
  thaw,
  wasGiven,
} from "../../src/chaos/ledger.js";
import { nextWakeUpMs } from "../../src/chaos/schedule.js";
import { decodeLedger, encodeLedger } from "../../src/chaos/schema.js";
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
      const ledger = { ...ledgerOf(faults), frozen: { ...frozen }, downed: { ...frozen }, limited };
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

test.each<[string, Ledger, number, boolean, number | undefined]>([
  ["nothing to wait for", emptyLedger, 0, false, undefined],
  ["only faults that stay", ledgerOf([[fault("pause", "n1"), null]]), 0, false, undefined],
  ["a deadline far off is looked at every second, in case the machine slept", three, 1000, false, 1000],
  ["a deadline close by", three, 2900, false, 101],
  ["a deadline passed", three, 9000, false, 0],
  ["a node is wrong", emptyLedger, 0, true, 250],
  ["a node is wrong and a deadline is close by", three, 2900, true, 101],
])("next look: %s", (_, ledger, nowMs, wrong, expected) => {
  expect(nextWakeUpMs(ledger, nowMs, wrong)).toBe(expected);
});
