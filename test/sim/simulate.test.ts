// Hundreds of seeded fault runs hold all invariants, and each classic bug, planted, is caught: the simulator is no decoration.
import { describe, expect, test } from "vitest";
import { faults } from "../../src/sim/faults.js";
import { describeFailure } from "../../src/sim/report.js";
import { bugNames, type BugName } from "../../src/sim/scenario.js";
import type { Outcome } from "../../src/sim/outcome.js";
import { simulate, type Tally } from "../../src/sim/simulate.js";

const seedCount = 500;
/** Runs that a planted bug may survive. Each is caught in at least one run of twenty. */
const seedsPerBug = 250;

const sum = (tallies: readonly Tally[], of: (tally: Tally) => number): number =>
  tallies.reduce((total, tally) => total + of(tally), 0);

test(`${seedCount} seeds hold, and visit what they should`, { timeout: 120_000 }, () => {
  const tallies: Tally[] = [];
  for (let seed = 1; seed <= seedCount; seed++) {
    const outcome = simulate(seed);
    if (!outcome.ok) throw new Error(describeFailure(outcome, "raft").join("\n"));
    tallies.push(outcome.tally);
  }
  expect(sum(tallies, ({ ok }) => ok)).toBeGreaterThan(50 * seedCount);
  expect(sum(tallies, ({ info }) => info)).toBeGreaterThan(2 * seedCount);
  expect(sum(tallies, ({ leaders }) => leaders)).toBeGreaterThan(2 * seedCount);
  expect(sum(tallies, ({ truncations }) => truncations)).toBeGreaterThan(seedCount / 5);
  expect(sum(tallies, ({ snapshotsInstalled }) => snapshotsInstalled)).toBeGreaterThan(seedCount / 5);
  expect(sum(tallies, ({ confChanges }) => confChanges)).toBeGreaterThan(seedCount / 2);
  expect(sum(tallies, ({ snapshotsLost }) => snapshotsLost)).toBeGreaterThan(seedCount / 50);
  expect(sum(tallies, ({ handOvers }) => handOvers)).toBeGreaterThan(seedCount / 10);
  expect(sum(tallies, ({ leasesRenewed }) => leasesRenewed)).toBeGreaterThan(5 * seedCount);
  expect(sum(tallies, ({ leasesEnded }) => leasesEnded)).toBeGreaterThan(seedCount / 2);
  expect(sum(tallies, ({ eventsTold }) => eventsTold)).toBeGreaterThan(20 * seedCount);
  expect(sum(tallies, ({ watchesResumed }) => watchesResumed)).toBeGreaterThan(seedCount);
  expect(sum(tallies, ({ unreachables }) => unreachables)).toBeGreaterThan(20 * seedCount);
  for (const kind of ["add", "promote", "remove", "update"] as const)
    expect(sum(tallies, ({ membersChanged }) => membersChanged[kind] ?? 0)).toBeGreaterThan(seedCount / 20);
  const names = Object.keys(faults) as (keyof typeof faults)[];
  expect(names.filter((name) => sum(tallies, (tally) => tally.faults[name] ?? 0) < seedCount / 10)).toEqual([]);
});

test("a seed is a run: the same one ends in the same way, step for step", () => {
  expect(simulate(7)).toEqual(simulate(7));
});

describe("a planted bug is caught", () => {
  /** What may break where a member forgets what it acknowledged. */
  const losses = [
    "leader completeness",
    "committed entries stay",
    "state machine safety",
    "the machine's own invariant",
    "linearizability",
  ];
  /** What may break first; anything else would be a bug of the simulator's own. */
  const shows: Record<BugName, readonly string[]> = {
    commitRuleAny: ["leader completeness", "committed entries stay", "state machine safety"],
    ackBeforePersist: losses,
    forgetVote: ["one vote per term", "one leader per term"],
    readWithoutQuorum: ["linearizability"],
    // nothing is promised of commitment, so it is the clients that see it
    replicationAsync: ["linearizability"],
    readsLocal: ["linearizability"],
    readsLease: ["linearizability"],
    fsyncBatch: [...losses, "one vote per term", "one leader per term", "log matching"],
    fsyncOff: [...losses, "one vote per term", "one leader per term", "log matching"],
    noPreVote: ["terms are asked for first"],
    noCheckQuorum: ["a leader hears its quorum"],
    // a write that was said to have failed is read, or the value that it was to replace is not
    goesWithLeader: ["linearizability"],
    // a value comes back that another had replaced, or what was deleted is there no more to be deleted
    forgetsRequests: ["linearizability"],
    // it votes a second time, or elects who lacks what it had acknowledged; or the leader counts on what it had
    renewsAlone: ["a lease lasts its time", "a lease that is over is not renewed"],
    keepsOldDeadlines: ["a lease lasts its time"],
    confusesLeases: ["a lease lasts its time"],
    skipsSnapshots: ["watchers are told"],
    wipedKeepsNumber: [...losses, "one vote per term", "one leader per term", "log matching"],
  };

  const firstCaught = (bug: BugName): Extract<Outcome<Tally>, { ok: false }> | undefined => {
    for (let seed = 1; seed <= seedsPerBug; seed++) {
      const outcome = simulate(seed, { bug });
      if (!outcome.ok) return outcome;
    }
    return undefined;
  };

  /** Who called is no part of what came of it. */
  const withoutStack = (outcome: Outcome<Tally> | undefined) =>
    outcome?.ok === false ? { ...outcome, message: outcome.message.replace(/\n {4}at [^]*/, "") } : outcome;

  test.each(bugNames)("%s", { timeout: 60_000 }, (bug) => {
    const caught = firstCaught(bug);
    expect(shows[bug]).toContain(caught?.broken);
    expect(withoutStack(simulate(caught?.seed ?? 0, { bug }))).toEqual(withoutStack(caught));
    for (let seed = 1; seed <= (caught?.seed ?? 0); seed++)
      expect(simulate(seed, { provoke: bug })).toMatchObject({ seed, ok: true });
  });
});
