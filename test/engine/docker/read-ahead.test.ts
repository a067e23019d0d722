// Shows that what is read ahead comes in order and whole, is bounded, and ends as what is read does.
import fc from "fast-check";
import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { readAhead } from "../../../src/engine/docker/read-ahead.js";

/** Pieces, one a turn of the loop; `given` counts them. */
async function* source(pieces: readonly string[], given: { count: number }, error?: Error): AsyncGenerator<string> {
  for (const piece of pieces) {
    await turn();
    given.count++;
    yield piece;
  }
  if (error !== undefined) throw error;
}

test("all pieces come in order, however slowly they are taken and whatever the limit is", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string()),
      fc.array(fc.boolean()),
      fc.integer({ min: 1, max: 30 }),
      async (pieces, waits, limit) => {
        const taken: string[] = [];
        for await (const piece of readAhead(source(pieces, { count: 0 }), () => limit)) {
          if (waits[taken.length] === true) for (let i = 0; i < 3; i++) await turn();
          taken.push(piece);
        }
        expect(taken).toEqual(pieces);
      },
    ),
  );
});

test("reading goes on while nobody asks, up to the limit", async () => {
  const given = { count: 0 };
  const pieces = readAhead(
    source(
      Array.from({ length: 50 }, () => "1234"),
      given,
    ),
    () => 20,
  );
  await pieces.next();
  for (let i = 0; i < 100; i++) await turn();
  expect(given.count).toBe(6);
  await pieces.next();
  for (let i = 0; i < 100; i++) await turn();
  expect(given.count).toBe(7);
  await pieces.return();
  for (let i = 0; i < 100; i++) await turn();
  expect(given.count).toBe(7);
});

test("an error comes after all that came before it", async () => {
  const taken: string[] = [];
  const all = async (): Promise<void> => {
    for await (const piece of readAhead(source(["a", "b"], { count: 0 }, new Error("broke off")), () => 100)) taken.push(piece);
  };
  await expect(all()).rejects.toThrow("broke off");
  expect(taken).toEqual(["a", "b"]);
});
