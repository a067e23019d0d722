// Shows that long work leaves pauses: one slice a turn of the event loop, however many have work; all get on; and what one throws ends that one only.
import { expect, it } from "vitest";
import { inSlices } from "../../src/store/slices.js";

it("gives one slice to each turn of the event loop, and all their turns", async () => {
  let turn = 0;
  let isOver = false;
  const count = (): void => {
    turn++;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  const steps: { readonly turn: number; readonly who: number }[] = [];
  const work = (who: number): Promise<number> => {
    let left = 3;
    return inSlices(() => {
      steps.push({ turn, who });
      return --left === 0 ? who : undefined;
    });
  };
  expect(await Promise.all([0, 1, 2, 3].map(work))).toEqual([0, 1, 2, 3]);
  isOver = true;
  expect(steps.map(({ who }) => who)).toEqual([0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3]);
  expect(new Set(steps.map((step) => step.turn)).size).toBe(steps.length);
});

it("ends who throws, and goes on with the others", async () => {
  let left = 3;
  const throwing = inSlices(() => {
    throw new Error("no");
  });
  const other = inSlices(() => (--left === 0 ? "done" : undefined));
  await expect(throwing).rejects.toThrow("no");
  expect(await other).toBe("done");
  expect(await inSlices(() => "again")).toBe("again");
});
