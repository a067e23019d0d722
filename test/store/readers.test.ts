// Shows that a reader is served once its index is applied, in order of arrival, or failed at its deadline, and never both.
import { expect, it } from "vitest";
import { Readers } from "../../src/store/readers.js";

function readersAt(applied: number) {
  const done: string[] = [];
  const readers = new Readers(applied);
  const add = (index: number, deadlineMs = 100): void =>
    readers.add({ index, deadlineMs, serve: () => done.push(`served ${index}`), fail: () => done.push(`failed ${index}`) });
  return { readers, add, done };
}

it("serves at once what is applied, the rest when it is", () => {
  const { readers, add, done } = readersAt(5);
  for (const index of [5, 8, 6, 7]) add(index);
  expect(done).toEqual(["served 5"]);
  readers.advance(7);
  expect(done).toEqual(["served 5", "served 6", "served 7"]);
  readers.advance(9);
  expect(done.at(-1)).toBe("served 8");
});

it("fails who has waited for too long, and only those", () => {
  const { readers, add, done } = readersAt(0);
  add(1, 100);
  add(2, 101);
  readers.expire(99);
  expect(done).toEqual([]);
  readers.expire(100);
  expect(done).toEqual(["failed 1"]);
  readers.advance(2);
  expect(done).toEqual(["failed 1", "served 2"]);
});

it("at the end of time fails all", () => {
  const { readers, add, done } = readersAt(0);
  add(1);
  add(2, 1e9);
  readers.expire(Infinity);
  readers.expire(Infinity);
  expect(done).toEqual(["failed 1", "failed 2"]);
});
