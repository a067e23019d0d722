// Hundreds of seeded fault runs of the leaderless store lose nothing and come to rest, and each of its mistakes is caught: the simulator is no decoration.
import { describe, expect, test } from "vitest";
import { faults, type FaultName } from "../../../src/sim/leaderless/faults.js";
import { bugNames, type BugName } from "../../../src/sim/leaderless/scenario.js";
import type { Outcome } from "../../../src/sim/outcome.js";
import { simulate, type Tally } from "../../../src/sim/leaderless/simulate.js";
import { describeFailure } from "../../../src/sim/report.js";

const seedCount = 240;
/** Runs that a planted bug may survive. Each is caught in at least one run of five. */
const seedsPerBug = 30;

const sum = (tallies: readonly Tally[], of: (tally: Tally) => number): number =>
  tallies.reduce((total, tally) => total + of(tally), 0);

test(`${seedCount} seeds hold, and visit what they should`, { timeout: 240_000 }, () => {
  const tallies: Tally[] = [];
  for (let seed = 1; seed <= seedCount; seed++) {
    const outcome = simulate(seed);
    if (!outcome.ok) throw new Error(describeFailure(outcome, "leaderless").join("\n"));
    tallies.push(outcome.tally);
  }
  expect(sum(tallies, ({ ok }) => ok)).toBeGreaterThan(50 * seedCount);
  expect(sum(tallies, ({ info }) => info)).toBeGreaterThan(2 * seedCount);
  expect(sum(tallies, ({ repairs }) => repairs)).toBeGreaterThan(5 * seedCount);
  expect(sum(tallies, ({ changes }) => changes)).toBeGreaterThan(20 * seedCount);
  expect(sum(tallies, ({ joined }) => joined)).toBeGreaterThan(seedCount / 10);
  expect(sum(tallies, ({ leftForGood }) => leftForGood)).toBeGreaterThan(seedCount / 10);
  expect(sum(tallies, ({ lostForGood }) => lostForGood)).toBeGreaterThan(seedCount / 40);
  expect(sum(tallies, ({ exchanged }) => exchanged)).toBeGreaterThan(seedCount / 2);
  // disks are lost, and with them little that was promised
  expect(sum(tallies, ({ lost }) => lost)).toBeGreaterThan(0);
  expect(sum(tallies, ({ lost }) => lost)).toBeLessThan(seedCount);
  expect(Math.max(...tallies.map(({ siblingsMax }) => siblingsMax))).toBeGreaterThan(3);
  const names = Object.keys(faults) as FaultName[];
  expect(names.filter((name) => sum(tallies, (tally) => tally.faults[name] ?? 0) < seedCount / 10)).toEqual([]);
});

test("a seed is a run: the same one ends in the same way, step for step", () => {
  expect(simulate(7)).toEqual(simulate(7));
});

describe("a mistake is caught", () => {
  /** What may break first; anything else would be a bug of the simulator's own. */
  const shows: Record<BugName, readonly string[]> = {
    // an acknowledged write is gone as soon as another one is newer, in the same run or at its end
    lww: ["no acknowledged write is lost", "reads see acknowledged writes"],
    wallClock: ["no acknowledged write is lost", "reads see acknowledged writes"],
    vclock: ["siblings are concurrent"],
    noActorEpochs: ["no acknowledged write is lost", "counters are sums", "adds win", "siblings are concurrent"],
    noHintedHandoff: ["convergence"],
    noReadRepair: ["convergence"],
    noAntiEntropy: ["convergence"],
    weakQuorums: ["reads see acknowledged writes"],
  };

  const firstCaught = (bug: BugName): Extract<Outcome<Tally>, { ok: false }> | undefined => {
    for (let seed = 1; seed <= seedsPerBug; seed++) {
      const outcome = simulate(seed, { bug });
      if (!outcome.ok) return outcome;
    }
    return undefined;
  };

  test.each(bugNames)("%s", { timeout: 60_000 }, (bug) => {
    const caught = firstCaught(bug);
    expect(shows[bug]).toContain(caught?.broken);
    expect(simulate(caught?.seed ?? 0, { bug })).toEqual(caught);
    for (let seed = 1; seed <= (caught?.seed ?? 0); seed++)
      expect(simulate(seed, { provoke: bug })).toMatchObject({ seed, ok: true });
  });
});
