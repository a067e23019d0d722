// Shows that a table finds each key it holds and no other, and that its segments are those of the hashes, at every size while it grows and when it has shrunk.
import fc from "fast-check";
import { expect, it } from "vitest";
import { KeySlots, type Location } from "../../../src/store/bitcask/key-slots.js";
import { KeyTable } from "../../../src/store/bitcask/key-table.js";
import { segmentCount } from "../../../src/store/leaderless/merkle/hash-tree.js";
import { keyHash, segmentOf } from "../../../src/store/leaderless/merkle/hash.js";

const locationOf = (offset: number): Location => ({ file: 1, offset, length: 2, objectHash: 3, firstFile: 1 });

function expectSame(table: KeyTable, slots: KeySlots, twin: ReadonlyMap<string, number>, hashOf: (key: string) => number): void {
  expect(table.count).toBe(twin.size);
  for (const [key, offset] of twin) {
    const slot = table.find(key, hashOf(key));
    expect(slot < 0 ? undefined : slots.get(slot).offset).toBe(offset);
  }
  const bySegment = Array.from({ length: segmentCount }, (_, segment) => table.segment(segment).map((slot) => slots.key(slot)));
  for (const [segment, keys] of bySegment.entries()) {
    expect(keys.every((key) => segmentOf(hashOf(key)) === segment)).toBe(true);
  }
  expect(bySegment.flat().sort()).toEqual([...twin.keys()].sort());
}

it("grows to several times as many keys as there are segments, and loses them again", () => {
  const slots = new KeySlots();
  const table = new KeyTable(slots);
  const other = new KeyTable(slots);
  const twin = new Map<string, number>();
  const sizes = new Set([1, 2, 3, 4, 5, 100, 511, 512, 513, 1000, 1023, 1024, 1025, 1500, 2047, 2048, 2049, 5000]);
  for (let number = 0; number < 5000; number++) {
    const key = `bucket/key-${number}`;
    expect(table.find(key, keyHash(key))).toBe(-1);
    table.add(key, keyHash(key), locationOf(number));
    other.add(key, keyHash(key), locationOf(-1));
    twin.set(key, number);
    if (sizes.has(number + 1)) expectSame(table, slots, twin, keyHash);
  }
  for (const [key, number] of twin) {
    if (number % 5 === 0) continue;
    table.remove(table.find(key, keyHash(key)));
    twin.delete(key);
    expect(table.find(key, keyHash(key))).toBe(-1);
  }
  expectSame(table, slots, twin, keyHash);
  expect(other.count).toBe(5000);
});

it("keys whose hashes are the same, or are the same in their last bits, are told apart", () => {
  // few hashes, so that chains are long
  const hashOf = (key: string): number => (Number(key) % 7) * 2 ** 29 + (Number(key) % 3);
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(200), fc.boolean()), { maxLength: 400 }), (steps) => {
      const slots = new KeySlots();
      const table = new KeyTable(slots);
      const twin = new Map<string, number>();
      for (const [step, [number, isAdded]] of steps.entries()) {
        const key = String(number);
        const slot = table.find(key, hashOf(key));
        expect(slot >= 0).toBe(twin.has(key));
        if (isAdded && slot < 0) {
          table.add(key, hashOf(key), locationOf(step));
          twin.set(key, step);
        } else if (!isAdded && slot >= 0) {
          table.remove(slot);
          twin.delete(key);
        }
      }
      expectSame(table, slots, twin, hashOf);
    }),
    { numRuns: 100 },
  );
});
