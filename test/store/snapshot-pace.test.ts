// Shows that snapshots come after their number of entries, but seldom enough that all of them together are no more than a few times what was written.
import { expect, it } from "vitest";
import { SnapshotPace } from "../../src/store/snapshot-pace.js";

const entry = (bytes: number) => ({ data: new Uint8Array(bytes) });

it("a small state has one every so many entries", () => {
  const pace = new SnapshotPace(10, 100);
  const due: number[] = [];
  for (let index = 1; index <= 35; index++) {
    pace.applied(entry(20));
    if (!pace.isDue) continue;
    due.push(index);
    pace.begun();
    pace.taken(100);
  }
  expect(due).toEqual([10, 20, 30]);
});

it("a large one waits until as much was written", () => {
  const pace = new SnapshotPace(1, 10_000);
  for (let written = 0; written < 9; written++) pace.applied(entry(1000));
  expect(pace.isDue).toBe(false);
  pace.applied(entry(1000));
  expect(pace.isDue).toBe(true);
});

it("where nothing is ever given back, all snapshots together are at most twice what was written", () => {
  const pace = new SnapshotPace(10, 0);
  let state = 0;
  let saved = 0;
  for (let index = 1; index <= 100_000; index++) {
    pace.applied(entry(100));
    state += 150;
    if (!pace.isDue) continue;
    saved += state;
    pace.begun();
    pace.taken(state);
  }
  expect(saved).toBeGreaterThan(state / 2);
  expect(saved).toBeLessThan(2 * 164 * 100_000);
});
