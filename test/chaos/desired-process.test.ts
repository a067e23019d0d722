// Shows what becomes of a node's own process under any set of faults: frozen, down, limited or hurt from inside, each whatever the others.
import fc from "fast-check";
import { expect, test } from "vitest";
import { desiredState } from "../../src/chaos/desired-state.js";
import type { ActiveFault, Fault } from "../../src/chaos/fault.js";
import { noDiskTrouble, noHooks } from "../../src/core/store-hooks.js";
import { clock, disk, fault, someFaultOn } from "./some-fault.js";

const active = (faults: readonly Fault[]): readonly ActiveFault[] =>
  faults.map((one, i) => ({ id: `f${i + 1}`, fault: one, startedAtMs: 0, deadlineMs: null, seed: null }));
const stateOf = (node: string, ...faults: readonly Fault[]) => desiredState(node, active(faults), []);

const stop: Fault = { kind: "stop", nodes: ["n1"], graceMs: 10 };
const kill: Fault = { ...fault("kill", "n1"), signal: "TERM" };
const cpu = (cpus: number): Fault => ({ kind: "cpu", nodes: ["n1"], cpus });
const memory = (bytes: number): Fault => ({ kind: "memory", nodes: ["n1"], bytes });
const untouched = {
  paused: false,
  down: null,
  drops: [],
  links: [],
  inbound: null,
  limits: { cpus: null, memoryBytes: null },
  hooks: noHooks,
};

test.each([
  ["nothing", [], untouched],
  [
    "a restart, as long as it lasts",
    [{ kind: "restart", nodes: ["n1"], graceMs: 1 }],
    { ...untouched, down: { by: "stop", graceMs: 1 } },
  ],
  ["a pause", [fault("pause", "n1,n2")], { ...untouched, paused: true }],
  ["another's pause", [fault("pause", "n2")], untouched],
  ["a kill", [kill], { ...untouched, down: { by: "kill", signal: "TERM" } }],
  ["the first to bring it down has its way", [stop, kill], { ...untouched, down: { by: "stop", graceMs: 10 } }],
  ["the tightest limit", [cpu(0.5), cpu(0.1), cpu(2)], { ...untouched, limits: { cpus: 0.1, memoryBytes: null } }],
  ["limits of both", [cpu(1), memory(2e7), memory(1e7)], { ...untouched, limits: { cpus: 1, memoryBytes: 1e7 } }],
  [
    "troubles of the disk add up",
    [disk({ fsyncDelayMs: 100 }), disk({ fsyncDelayMs: 50, tearsWrites: true }), disk({ flipsBit: true })],
    { ...untouched, hooks: { ...noHooks, disk: { ...noDiskTrouble, fsyncDelayMs: 150, tearsWrites: true, flipsBit: true } } },
  ],
  [
    "troubles of the clock add up, rates multiply",
    [clock({ skewMs: 5000, jumpMs: 10 }), clock({ skewMs: -2000, driftPercent: 100 }), clock({ driftPercent: -50 })],
    { ...untouched, hooks: { ...noHooks, clock: { skewMs: 3000, jumpMs: 10, driftPercent: 0 } } },
  ],
] as const)("%s", (_title, faults, expected) => {
  expect(stateOf("n1", ...(faults as readonly Fault[]))).toEqual(expected);
});

test("removing a fault equals never having added it, and only the order of those that bring a node down matters", () => {
  const nodes = ["n1", "n2", "n3"];
  fc.assert(
    fc.property(fc.array(someFaultOn(nodes), { maxLength: 6 }), someFaultOn(nodes), fc.nat(6), (faults, more, at) => {
      const with_ = [...faults.slice(0, at), more, ...faults.slice(at)];
      const without = with_.filter((one) => one !== more);
      for (const node of nodes) {
        expect(stateOf(node, ...without)).toEqual(stateOf(node, ...faults));
        const { down: _first, hooks: _hooks, ...there } = stateOf(node, ...with_);
        const { down: _last, hooks: _sums, ...back } = stateOf(node, ...[...with_].reverse());
        expect(back).toEqual(there);
      }
    }),
  );
});
