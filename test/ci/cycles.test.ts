// Shows several cycles of a run: each with a seed of its own that the first one's gives, counted at the end.
import { expect, test } from "vitest";
import type { CycleResult } from "../../src/ci/cycle.js";
import { runCycles, seedOfCycle, summaryText } from "../../src/ci/cycles.js";
import { DeviousError } from "../../src/core/errors.js";

const request = {
  seed: 7,
  repeat: 3,
  failFast: false,
  signal: new AbortController().signal,
  report: () => undefined,
  onOutcome: () => undefined,
};
const ended = (exitCode: number): ((seed: number) => Promise<CycleResult>) => {
  return async (seed) => ({ cluster: "demo", seed, exitCode, ended: { by: "itself", exitCode }, tookMs: 1, faults: null, troubles: [], collected: null, isKept: false }); // prettier-ignore
};

test("seeds follow from the first", () => {
  const seeds = [1, 2, 3].map((cycle) => seedOfCycle(7, cycle));
  expect(seeds[0]).toBe(7);
  expect(new Set(seeds).size).toBe(3);
  expect([1, 2, 3].map((cycle) => seedOfCycle(7, cycle))).toEqual(seeds);
});

test("all are run, and the failed ones are told by their seeds", async () => {
  const second = seedOfCycle(7, 2);
  const outcomes = await runCycles({ ...request, cycle: (seed) => ended(seed === second ? 0 : 5)(seed) });
  expect(outcomes.map(({ exitCode }) => exitCode)).toEqual([5, 0, 5]);
  expect(summaryText(outcomes)).toBe(`1 of 3 passed; failed: seeds 7 and ${seedOfCycle(7, 3)}`);
  expect(summaryText(await runCycles({ ...request, cycle: ended(0) }))).toBe("3 of 3 passed");
});

test("--fail-fast ends after the first that fails", async () => {
  const outcomes = await runCycles({ ...request, failFast: true, cycle: ended(1) });
  expect(summaryText(outcomes)).toBe("0 of 1 passed; failed: seed 7");
});

test("a cluster that does not get ready is one failure; no engine is the end", async () => {
  const notReady = new DeviousError("CLUSTER_NOT_READY", "n1 is not ready.");
  const outcomes = await runCycles({ ...request, cycle: () => Promise.reject(notReady) });
  expect(outcomes).toMatchObject([1, 2, 3].map((cycle) => ({ exitCode: 3, seed: seedOfCycle(7, cycle) })));
  const gone = new DeviousError("ENGINE_UNREACHABLE", "No engine.");
  await expect(runCycles({ ...request, cycle: () => Promise.reject(gone) })).rejects.toBe(gone);
});
