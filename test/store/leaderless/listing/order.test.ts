// Shows that entries of indexes sort as their terms do and give them back, that sorted sources are merged, and that few nodes cover all partitions.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { coverageOf } from "../../../../src/store/leaderless/listing/coverage.js";
import { IndexedStorage } from "../../../../src/store/leaderless/listing/indexed-storage.js";
import { mergeSorted } from "../../../../src/store/leaderless/listing/merge-sorted.js";
import { normalInteger, orderedTerm, prefixEnd, termAndKey } from "../../../../src/store/leaderless/listing/order.js";
import { storageKey } from "../../../../src/store/leaderless/storage-key.js";
import { MemoryStorage } from "../machine/memory-storage.js";

const bytes = fc.string({ unit: fc.constantFrom("\0", "\x01", "\x02", "a", "\xfe", "\xff"), maxLength: 5 });
const integer = fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n });
const compare = <T>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0);

describe("order", () => {
  test("of bytes is theirs, whatever keys follow", () => {
    fc.assert(
      fc.property(bytes, bytes, bytes, bytes, (a, b, keyOfA, keyOfB) => {
        const [entryA, entryB] = [orderedTerm("t_bin", a) + keyOfA, orderedTerm("t_bin", b) + keyOfB];
        expect(compare(entryA, entryB)).toBe(compare(a, b) || compare(keyOfA, keyOfB));
        expect(termAndKey("t_bin", entryA)).toEqual({ term: a, key: keyOfA });
      }),
    );
  });

  test("of whole numbers is theirs, whatever keys follow", () => {
    fc.assert(
      fc.property(integer, integer, bytes, bytes, (a, b, keyOfA, keyOfB) => {
        const [entryA, entryB] = [orderedTerm("n_int", String(a)) + keyOfA, orderedTerm("n_int", String(b)) + keyOfB];
        expect(compare(entryA, entryB)).toBe(compare(a, b) || compare(keyOfA, keyOfB));
        expect(termAndKey("n_int", entryA)).toEqual({ term: String(a), key: keyOfA });
      }),
    );
  });

  test("a beginning's end is after all that begins so, and before all else that is after it", () => {
    fc.assert(
      fc.property(bytes, bytes, (prefix, text) => {
        const end = prefixEnd(prefix);
        const isWithin = text >= prefix && (end === undefined || text < end);
        expect(isWithin).toBe(text.startsWith(prefix));
      }),
    );
  });

  test.each([
    ["7", "7"],
    ["+007", "7"],
    ["-0", "0"],
    ["-012", "-12"],
    ["", undefined],
    ["1.5", undefined],
    ["--1", undefined],
    ["9".repeat(65_536), undefined],
  ])("%s as a whole number", (text, expected) => expect(normalInteger(text)).toBe(expected));
});

test("sorted sources become one, without repetitions", () => {
  fc.assert(
    fc.property(fc.array(fc.uniqueArray(fc.string({ maxLength: 2 })), { maxLength: 6 }), (sources) => {
      const merged = [...mergeSorted(sources.map((source) => [...source].sort(compare).values()))];
      expect(merged).toEqual([...new Set(sources.flat())].sort(compare));
    }),
  );
});

test("each partition is covered by one of its owners, and nobody is asked who is not needed", () => {
  const owners = fc.array(fc.uniqueArray(fc.constantFrom<string>("n1", "n2", "n3", "n4", "n5"), { maxLength: 3 }), {
    maxLength: 16,
  });
  fc.assert(
    fc.property(owners, (ownersOf) => {
      const partitions = ownersOf.map((_, partition) => partition);
      const { coverage, missing } = coverageOf(partitions, (partition) => ownersOf[partition] ?? [], "n3");
      const covered = [...coverage.values()].flat();
      expect([...covered, ...missing].sort((a, b) => a - b)).toEqual(partitions);
      expect(missing.every((partition) => ownersOf[partition]?.length === 0)).toBe(true);
      for (const [member, own] of coverage) {
        expect(own.length).toBeGreaterThan(0);
        expect(own.every((partition) => ownersOf[partition]?.includes(member))).toBe(true);
      }
    }),
  );
  const all = Array.from({ length: 8 }, (_, partition) => partition);
  expect([...coverageOf(all, () => ["n1", "n2", "n3"], "n3").coverage]).toEqual([["n3", all]]);
});

test("an index is made in slices, and forgotten when nobody asks", () => {
  let nowMs = 0;
  const memory = new MemoryStorage();
  const storage = new IndexedStorage(memory, () => nowMs);
  const place = { kind: "home", partition: 1, n: 3 } as const;
  for (let i = 0; i < 450; i++)
    memory.put(place, storageKey({ type: "default", bucket: "b", key: `${i}` }), Buffer.from("no object"));
  const slices = (): number => {
    let count = 0;
    for (; storage.index(place) === undefined; count++) storage.build(place);
    return count;
  };
  expect(slices()).toBeGreaterThanOrEqual(1024 / 128);
  expect(slices()).toBe(0);
  nowMs = 300_000;
  storage.tick();
  expect(slices()).toBe(0);
  nowMs = 1_000_000;
  storage.tick();
  expect(slices()).toBeGreaterThan(0);
});
