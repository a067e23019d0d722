// Shows what the simulator holds reads to, and that each of these checks can fail: what has to be seen by which quorums, and what may stand beside what.
import { expect, test } from "vitest";
import { BrokenInvariant } from "../../../src/sim/broken-invariant.js";
import { CausalHistory, nothing, type Write } from "../../../src/sim/leaderless/causal-history.js";
import { ReadRules, type ReadRuleOptions } from "../../../src/sim/leaderless/read-rules.js";

const write: Write = {
  id: "v1",
  isDeletion: false,
  past: nothing,
  w: 1,
  dw: 1,
  pw: 0,
  begunAtMs: 0,
  endedAtMs: 10,
  outcome: "ok",
  blindUntilMs: -Infinity,
};

function rulesOver(writes: readonly Partial<Write>[], overlaps: ReadRuleOptions["overlaps"] = "never"): ReadRules {
  const history = new CausalHistory();
  for (const each of writes) history.begin("k", { ...write, ...each });
  return new ReadRules(history, { n: 3, isCausal: true, keepsDeletions: true, overlaps });
}

function brokenBy(act: () => void): string {
  try {
    act();
  } catch (error) {
    if (error instanceof BrokenInvariant) return error.invariant;
    throw error;
  }
  return "nothing";
}

test.each<[ReadRuleOptions["overlaps"], Partial<Write>, { readonly r?: number; readonly pr?: number }, boolean]>([
  ["always", { w: 2 }, { r: 2 }, true],
  ["always", { w: 2 }, { r: 1 }, false],
  // a crash may take what is in memory
  ["durable", { w: 3 }, { r: 2 }, false],
  ["durable", { dw: 2 }, { r: 2 }, true],
  ["durable", { pw: 2 }, { pr: 2 }, true],
  // stand-ins may have answered
  ["owners", { w: 3, dw: 3 }, { r: 3 }, false],
  ["owners", { pw: 2 }, { r: 3, pr: 1 }, false],
  ["owners", { pw: 2 }, { pr: 2 }, true],
  ["never", { w: 3, dw: 3, pw: 3 }, { r: 3, pr: 3 }, false],
  // nobody was told that it was written, or not yet when the read began
  ["owners", { pw: 2, outcome: "unknown" }, { pr: 2 }, false],
  ["owners", { pw: 2, endedAtMs: 20 }, { pr: 2 }, false],
])("where quorums overlap as %s, a write with %o has to be seen by a read with %o: %s", (overlaps, written, read, isHeld) => {
  const rules = rulesOver([written], overlaps);
  const asked = { r: 1, pr: 0, begunAtMs: 15, ...read };
  const broken = brokenBy(() => rules.saw("k", { values: [], hasDeletions: false }, asked));
  expect(broken).toBe(isHeld ? "reads see acknowledged writes" : "nothing");
  rules.saw("k", { values: ["v1"], hasDeletions: false }, asked);
});

test("siblings are writes that did not know of each other, each of them once", () => {
  const past = { sure: new Set(["v1"]), possible: new Set(["v1"]) };
  const rules = rulesOver([{ id: "v1" }, { id: "v2", past }, { id: "v3" }]);
  const shows = (...values: readonly string[]): string =>
    brokenBy(() => rules.saw("k", { values, hasDeletions: false }, undefined));
  expect(shows("v2", "v3")).toBe("nothing");
  expect(shows("v1", "v3")).toBe("nothing");
  expect(shows("v1", "v2")).toBe("siblings are concurrent");
  expect(shows("v3", "v3")).toBe("siblings are concurrent");
  expect(shows("v4")).toBe("values are somebody's");
});

test("what failed is never read", () => {
  const rules = rulesOver([{ outcome: "failed" }]);
  rules.saw("k", { values: ["v1"], hasDeletions: false }, undefined);
  expect(brokenBy(() => rules.finish())).toBe("what failed has no effect");
});
