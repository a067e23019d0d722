// Shows which file is merged next, and which removals have to outlive theirs.
import { expect, it } from "vitest";
import { planMerge, removalIsNeeded, type FileAccount } from "../../../src/store/bitcask/merge-plan.js";

const account = (number: number, liveBytes: number, removals?: FileAccount["removals"], removalBytes = 20): FileAccount => ({
  number,
  bytes: 100,
  liveBytes,
  removalBytes: removals === undefined ? 0 : removalBytes,
  removals,
});

it.each<[string, readonly FileAccount[], readonly number[], number | undefined]>([
  ["nothing is dead enough", [account(1, 51), account(2, 100)], [1, 2, 3], undefined],
  ["the one with most that is dead", [account(1, 50), account(2, 10), account(3, 30)], [1, 2, 3, 4], 2],
  ["of equals the oldest", [account(1, 10), account(2, 10)], [1, 2], 1],
  ["an empty one", [{ ...account(1, 0), bytes: 0 }, account(2, 10)], [1, 2], 1],
  ["removals count as long as another file may hold their keys", [account(2, 40, { since: 1, upTo: 2 })], [1, 2], undefined],
  ["and no longer", [account(2, 40, { since: 1, upTo: 2 })], [2, 3], 2],
  ["nothing but removals that are needed is left alone", [account(2, 0, { since: 1, upTo: 2 }, 100)], [1, 2], undefined],
])("%s", (_, closed, files, expected) => {
  expect(planMerge(closed, files, 0.5)).toBe(expected);
});

it.each([
  [[5], false],
  [[4, 5, 9], true],
  [[2, 5, 8], false],
  [[3, 5], true],
  [[5, 7], true],
])("a removal of files 3 to 7 in file 5, where %j are there: needed %s", (files, expected) => {
  expect(removalIsNeeded({ since: 3, upTo: 7 }, 5, files)).toBe(expected);
});
