// Shows that all items pass in order, with a sign in between whenever none comes for a while.
import { expect, test } from "vitest";
import { withPauses } from "../../src/logs/pauses.js";

test("a pause is told of, however often, and nothing is lost by it", async () => {
  async function* items(): AsyncGenerator<number> {
    yield 1;
    yield 2;
    await new Promise((resolve) => setTimeout(resolve, 120));
    yield 3;
  }
  const heard: (number | undefined)[] = [];
  for await (const item of withPauses(items(), 20)) heard.push(item);
  expect(heard.filter((item) => item !== undefined)).toEqual([1, 2, 3]);
  expect(heard.slice(0, 2)).toEqual([1, 2]);
  expect(heard.slice(2, -1).length).toBeGreaterThan(1);
  expect(heard.at(-1)).toBe(3);
});

test("an error of the items is the listener's", async () => {
  async function* items(): AsyncGenerator<number> {
    yield await Promise.resolve(1);
    throw new Error("broke off");
  }
  const heard: (number | undefined)[] = [];
  await expect(
    (async () => {
      for await (const item of withPauses(items(), 1000)) heard.push(item);
    })(),
  ).rejects.toThrow("broke off");
  expect(heard).toEqual([1]);
});
