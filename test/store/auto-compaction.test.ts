// Shows what a leader compacts by itself and when: so many revisions or so long a time stay readable, as in etcd 3.4, whoever led before.
import { expect, it } from "vitest";
import { autoCompaction } from "../../src/store/auto-compaction.js";
import type { Retention } from "../../src/store/auto-compaction.js";

/** One revision a second from the first on. What is compacted when, in seconds. */
function run(
  retention: Retention,
  seconds: number,
  {
    isLeader = () => true,
    fails = () => false,
  }: Partial<{
    isLeader: (atSec: number) => boolean;
    fails: (atSec: number) => boolean;
  }> = {},
): [atSec: number, revision: number][] {
  const plan = autoCompaction(retention, 0, 1);
  const compacted: [number, number][] = [];
  for (let nowMs = plan.everyMs; nowMs <= seconds * 1000; nowMs += plan.everyMs) {
    const atSec = nowMs / 1000;
    const due = plan.due(nowMs, 1 + Math.floor(atSec), isLeader(atSec));
    if (due === undefined) continue;
    compacted.push([atSec, due]);
    if (!fails(atSec)) plan.done(nowMs, due);
  }
  return compacted;
}

it("keeps so many revisions, looking every five minutes", () => {
  expect(run({ type: "revisions", count: 400 }, 1000)).toEqual([
    [600, 201],
    [900, 501],
  ]);
});

it("does not compact to the same revision twice", () => {
  const plan = autoCompaction({ type: "revisions", count: 10 }, 0, 1);
  expect(plan.due(1, 15, true)).toBe(5);
  plan.done(1, 5);
  expect([plan.due(2, 15, true), plan.due(3, 16, true), plan.due(4, 10, true)]).toEqual([undefined, 6, undefined]);
});

it("keeps a period of up to an hour: once it is over, to where it began, and again each period", () => {
  expect(run({ type: "period", ms: 100_000 }, 350)).toEqual([
    [100, 1],
    [200, 101],
    [300, 201],
  ]);
});

it("keeps a longer period too, and moves on each hour", () => {
  const hour = 3600;
  expect(run({ type: "period", ms: 3 * hour * 1000 }, 5 * hour)).toEqual([
    [3 * hour, 1],
    [4 * hour, hour + 1],
    [5 * hour, 2 * hour + 1],
  ]);
});

it("tries again at the next look where it failed", () => {
  expect(run({ type: "period", ms: 100_000 }, 230, { fails: (atSec) => atSec < 120 })).toEqual([
    [100, 1],
    [110, 11],
    [120, 21],
    [220, 121],
  ]);
});

it.each<[string, Retention, [number, number][]]>([
  ["revisions", { type: "revisions", count: 400 }, [[900, 501]]],
  ["a period", { type: "period", ms: 100_000 }, [[700, 601], [800, 701], [900, 801]]], // prettier-ignore
])("whoever comes to lead goes on as if it always had: %s", (_, retention, compacted) => {
  expect(run(retention, 900, { isLeader: (atSec) => atSec >= 700 })).toEqual(compacted);
});
