// Shows the list of faults as people see it: what, where, since, left and proof, in red what no deadline ends and what is not in force.
import { Chalk } from "chalk";
import { expect, test } from "vitest";
import type { Fault } from "../../src/chaos/fault.js";
import type { FaultView } from "../../src/chaos/protocol.js";
import { renderFaults, renderMeasurements } from "../../src/cli/render-faults.js";

const nowMs = 100_000;
const view = (id: string, fault: Fault, more: Partial<FaultView> = {}): FaultView => ({
  id,
  fault,
  startedAtMs: nowMs - 12_345,
  deadlineMs: null,
  seed: null,
  description: "",
  timeLeftMs: 47_655,
  troubles: {},
  proof: { how: "read-back" },
  ...more,
});
const pause: Fault = { kind: "pause", nodes: ["n1", "n2"] };
const measured = { what: "n2 -> n1 delay", asked: "100ms", measured: "99.7ms (p50 of 20)", ok: true };

test("one line a fault, and one more for each node on which it is not in force", () => {
  const faults = [
    view("f1", pause, { troubles: { n2: "The engine is away.", n1: "It is gone." } }),
    view("f12", { kind: "kill", nodes: ["n3"], signal: "TERM" }, { timeLeftMs: null, proof: null, startedAtMs: nowMs + 5 }),
    view("f13", { kind: "cpu", nodes: ["n3"], cpus: 0.1 }, { proof: { how: "measured", measurements: [measured, measured] } }),
  ];
  expect(renderFaults(faults, new Chalk({ level: 0 }), nowMs).split("\n")).toEqual([
    "FAULT  WHAT               WHERE  SINCE     LEFT          PROOF",
    "f1     pause              n1,n2  12s ago   47.7s         read back",
    "    f1 is not in force on n2: The engine is away.",
    "    f1 is not in force on n1: It is gone.",
    "f12    kill with SIGTERM  n3     just now  until healed  -",
    "f13    cpu at 0.1 cpus    n3     12s ago   47.7s         measured n2 -> n1 delay 99.7ms (p50 of 20) and 1 more",
  ]);
});

test("what no deadline ends is red, and so is what is not in force", () => {
  const chalk = new Chalk({ level: 1 });
  const text = renderFaults([view("f1", pause, { timeLeftMs: null, troubles: { n2: "It is gone." } })], chalk, nowMs);
  expect(text).toContain(chalk.red("until healed"));
  expect(text).toContain(chalk.red("    f1 is not in force on n2: It is gone."));
  expect(renderFaults([view("f1", pause)], chalk, nowMs)).not.toContain(chalk.red("47.7s"));
});

test("no faults are said in words", () => {
  expect(renderFaults([], new Chalk({ level: 0 }), nowMs)).toBe("no active faults");
});

test("asked beside measured, a line each", () => {
  const plain = new Chalk({ level: 0 });
  const wrong = { what: "n2 -> n10 loss", asked: "2%", measured: "0% of 500", ok: false };
  const unfelt = { what: "clock", asked: "5s behind", measured: "not measured: no probe can feel it", ok: null };
  expect(renderMeasurements([measured, wrong, unfelt], plain).split("\n")).toEqual([
    "  ✔ n2 -> n1 delay  asked 100ms      measured 99.7ms (p50 of 20)",
    "  ✖ n2 -> n10 loss  asked 2%         measured 0% of 500",
    "  - clock           asked 5s behind  not measured: no probe can feel it",
  ]);
});
