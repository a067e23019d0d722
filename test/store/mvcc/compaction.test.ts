// Shows that compaction gives memory back a little at a time, all of it in the end, and stops when told to.
import { expect, it } from "vitest";
import { MvccStore } from "../../../src/store/mvcc/mvcc-store.js";
import { del, put, query } from "./words.js";

function storeOf(keys: number, rounds: number): MvccStore {
  const store = new MvccStore(() => true);
  for (let round = 0; round < rounds; round++) for (let i = 0; i < keys; i++) store.apply(put(`k${i}`, "value"));
  return store;
}

it("leaves one version of each key", () => {
  const store = storeOf(100, 10);
  const { bytes } = store;
  store.compact(store.revision);
  expect(store.compactSlice(() => true)).toBe(false);
  expect(store.bytes).toBe(bytes / 10);
});

it("goes on where it stopped when its time was up", () => {
  const store = storeOf(100, 10);
  const { bytes } = store;
  store.compact(store.revision);
  const sizes = [];
  while (store.compactSlice(() => false)) sizes.push(store.bytes);
  expect(sizes.length).toBeGreaterThan(10);
  expect(sizes).toEqual(sizes.toSorted((a, b) => b - a));
  expect(store.bytes).toBe(bytes / 10);
});

it("is overtaken by a later one, which does the work of both", () => {
  const store = storeOf(100, 10);
  const { bytes } = store;
  store.compact(500);
  store.compactSlice(() => false);
  store.compact(store.revision);
  while (store.compactSlice(() => false));
  expect(store.bytes).toBe(bytes / 10);
});

it("gives back everything of what was deleted at last, with the next one the tombstones as well", () => {
  const store = storeOf(100, 3);
  store.apply(del("\0", "\0"));
  store.compact(store.revision);
  while (store.compactSlice(() => true));
  expect([...store.changesFrom(store.revision)]).toHaveLength(100);
  store.apply(put("other"));
  store.compact(store.revision);
  while (store.compactSlice(() => true));
  expect([...store.changesFrom(store.revision)]).toHaveLength(1);
  expect(store.bytes).toBe("other".length + "v".length + 64);
  expect(store.range(query("\0", "\0"))).toMatchObject({ count: 1 });
});

it("has nothing to do where nothing was compacted", () => {
  expect(storeOf(1, 1).compactSlice(() => true)).toBe(false);
});
