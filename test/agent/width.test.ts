// Shows that never more than so many run at a time, that all run in the order asked, and that a failure makes room as well.
import { expect, test } from "vitest";
import { createWidth } from "../../src/agent/width.js";

test("five through a width of two", async () => {
  const inTurn = createWidth(2);
  let running = 0;
  let most = 0;
  const order: number[] = [];
  const act = async (number: number): Promise<void> => {
    order.push(number);
    most = Math.max(most, ++running);
    await new Promise((resolve) => setImmediate(resolve));
    running--;
    if (number === 1) throw new Error("one fails");
  };
  const ended = await Promise.allSettled([0, 1, 2, 3, 4].map((number) => inTurn(() => act(number))));
  expect(most).toBe(2);
  expect(order).toEqual([0, 1, 2, 3, 4]);
  expect(ended.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled", "fulfilled", "fulfilled"]);
  await inTurn(() => act(5));
  expect(running).toBe(0);
});
