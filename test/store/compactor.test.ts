// Shows that compaction gives memory back to its end in slices that let others in, whichever store counts by then, and that what waits for it waits for all of it.
import { expect, it } from "vitest";
import { Compactor } from "../../src/store/compactor.js";
import { inSlices } from "../../src/store/slices.js";

/** A store that takes so many slices. */
class Store {
  left: number;
  constructor(left: number) {
    this.left = left;
  }
  compactSlice(): boolean {
    this.left = Math.max(0, this.left - 1);
    return this.left > 0;
  }
}

it("does slice after slice, each in a turn of its own", async () => {
  const store = new Store(5);
  const seen = new Set<number>();
  const look = setInterval(() => seen.add(store.left), 0);
  await new Compactor(() => store).run();
  clearInterval(look);
  expect(store.left).toBe(0);
  expect(seen.size).toBeGreaterThan(0);
});

it("what comes while it runs is done by the same run, and a later run begins anew", async () => {
  const store = new Store(2);
  const compactor = new Compactor(() => store);
  const first = compactor.run();
  store.left = 4;
  expect(compactor.run()).toBe(first);
  await first;
  expect(store.left).toBe(0);
  store.left = 3;
  await compactor.run();
  expect(store.left).toBe(0);
});

it("leaves a store that was replaced", async () => {
  const [old, restored] = [new Store(1000), new Store(2)];
  let current = old;
  const run = new Compactor(() => current).run();
  current = restored;
  await run;
  expect([old.left, restored.left]).toEqual([1000, 0]);
});

it("a slice has an end, and what fails in one fails the whole", async () => {
  let slices = 0;
  const done = await inSlices((hasTime) => {
    while (hasTime()) Math.sqrt(2);
    return ++slices === 3 ? "done" : undefined;
  });
  expect([done, slices]).toEqual(["done", 3]);
  const failing = inSlices(() => {
    throw new Error("no");
  });
  await expect(failing).rejects.toThrow("no");
});
