// Shows that those who ask at the same moment share an answer that was asked for after all of them did, and nobody else does.
import { expect, test } from "vitest";
import { sharing } from "../../src/agent/sharing.js";

test("asked together, it is asked once; asked again, once more", async () => {
  let asked = 0;
  const ask = sharing(async () => ++asked);
  const together = [ask(), ask()];
  expect(asked).toBe(0);
  expect(await Promise.all(together)).toEqual([1, 1]);
  expect(await ask()).toBe(2);
});

test("who asks while the answer is on its way gets an answer of its own", async () => {
  const answers: ((value: string) => void)[] = [];
  const ask = sharing(() => new Promise<string>((resolve) => answers.push(resolve)));
  const first = ask();
  await new Promise((resolve) => setImmediate(resolve));
  const second = ask();
  await new Promise((resolve) => setImmediate(resolve));
  answers.forEach((answer, index) => answer(`answer ${index}`));
  expect([await first, await second]).toEqual(["answer 0", "answer 1"]);
});

test("a failure is everybody's, once", async () => {
  let fails = true;
  const ask = sharing(async () => {
    if (fails) throw new Error("away");
    return "here";
  });
  await expect(Promise.all([ask(), ask()])).rejects.toThrow("away");
  fails = false;
  expect(await ask()).toBe("here");
});
