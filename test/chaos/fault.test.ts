// Shows how each fault reads in one line, whose state it changes, and which values it refuses.
import { expect, test } from "vitest";
import { delay } from "../../src/chaos/delay.js";
import { type Fault, describeFault, nodesOf, problemWithFault } from "../../src/chaos/fault.js";
import { partition } from "../../src/chaos/partition.js";
import { pause } from "../../src/chaos/pause.js";

const three = ["n1", "n2", "n3"];

test.each<[Fault, string, readonly string[]]>([
  [pause(["n1", "n3"]), "pause n1,n3", ["n1", "n3"]],
  [partition([["n1"]], three), "partition n1 | n2,n3", three],
  [
    partition(
      [
        ["n1", "n2"],
        ["n2", "n3"],
      ],
      three,
    ),
    "partition n1,n2 | n2,n3",
    ["n1", "n3"],
  ],
  [delay(["n2"], 100), "delay n2 by 100ms", ["n2"]],
  [delay(["n2"], 100, { jitterMs: 10 }), "delay n2 by 100ms ± 10ms normal", ["n2"]],
  [delay(["n2"], 1500, { jitterMs: 10, distribution: "pareto" }), "delay n2 by 1.5s ± 10ms pareto", ["n2"]],
])("%j", (fault, description, nodes) => {
  expect(describeFault(fault)).toBe(description);
  expect(nodesOf(fault)).toEqual(nodes);
  expect(problemWithFault(fault)).toBeUndefined();
});

test.each<[Fault, string]>([
  [pause([]), "A pause needs at least one node."],
  [delay([], 10), "A delay needs at least one node."],
  [delay(["n1"], 0), "A delay lies between 1us and 1m, not at 0ms."],
  [delay(["n1"], Number.NaN), "A delay lies between 1us and 1m, not at NaNms."],
  [delay(["n1"], 60_001), "A delay lies between 1us and 1m, not at 60001ms."],
  [delay(["n1"], 10, { jitterMs: -1 }), "Jitter cannot be negative (-1ms)."],
  [
    delay(["n1"], 10, { jitterMs: 20 }),
    "Jitter 20ms is larger than the delay 10ms: packets cannot arrive before they were sent.",
  ],
  [partition([three], three), "The partition n1,n2,n3 cuts nothing: every node still hears every other."],
  [{ kind: "partition", grudge: { n1: ["n1"] }, shape: "odd" }, "A partition cannot cut n1 off from itself."],
])("%j is refused", (fault, problem) => {
  expect(problemWithFault(fault)).toBe(problem);
});
