// Shows that two stores compared page by page differ in exactly what a comparison of everything at once finds, however short the pages are.
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  compareListings,
  isPage,
  listKeys,
  segmentsFrom,
  type Difference,
} from "../../../../src/store/leaderless/exchange/listing.js";
import type { Entry } from "../../../../src/store/leaderless/exchange/messages.js";
import { keyHash, objectHash, segmentOf } from "../../../../src/store/leaderless/merkle/hash.js";
import { MemoryStorage } from "../machine/memory-storage.js";
import { place } from "./two-stores.js";

const everySegment = Array.from({ length: 1024 }, (_, segment) => segment);

function storeOf(objects: ReadonlyMap<string, string>): MemoryStorage {
  const storage = new MemoryStorage();
  for (const [key, text] of objects) storage.put(place, key, Buffer.from(text));
  return storage;
}

/** As an exchange does it, with pages of so many bytes on each side. */
function byPages(ours: MemoryStorage, theirs: MemoryStorage, oursMax: number, theirsMax: number): Difference[] {
  const found: Difference[] = [];
  let segments: readonly number[] = everySegment;
  let after: string | undefined;
  do {
    const [a, b] = [listKeys(ours, place, segments, after, oursMax), listKeys(theirs, place, segments, after, theirsMax)];
    expect([isPage(a, segments, after), isPage(b, segments, after)]).toEqual([true, true]);
    const { differences, upTo } = compareListings(a, b);
    found.push(...differences);
    if (upTo !== undefined) segments = segmentsFrom(segments, upTo);
    after = upTo;
  } while (after !== undefined);
  return found;
}

const objects = fc.dictionary(fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 4 }), fc.constantFrom("x", "y"));
const pageBytes = fc.constantFrom(1, 20, 60, 10_000);

test("pages of any length find what differs, and nothing else", () => {
  fc.assert(
    fc.property(objects, objects, pageBytes, pageBytes, (left, right, oursMax, theirsMax) => {
      const [a, b] = [new Map(Object.entries(left)), new Map(Object.entries(right))];
      const hashOf = (text: string | undefined): number => (text === undefined ? 0 : objectHash(Buffer.from(text)));
      const expected = [...new Set([...a.keys(), ...b.keys()])].flatMap((key) => {
        const difference = { key, ours: hashOf(a.get(key)), theirs: hashOf(b.get(key)) };
        return difference.ours === difference.theirs ? [] : [difference];
      });
      const byKey = (x: Difference, y: Difference): number => (x.key < y.key ? -1 : 1);
      expect(byPages(storeOf(a), storeOf(b), oursMax, theirsMax).sort(byKey)).toEqual(expected.sort(byKey));
    }),
  );
});

test("what is no page of the listing that was asked for is known as such", () => {
  const inOrder = ["a", "b", "c", "d"]
    .map((key): Entry => [key, 1])
    .sort(([x], [y]) => segmentOf(keyHash(x)) - segmentOf(keyHash(y)));
  const [first, second] = inOrder as [Entry, Entry];
  const pageOf = (entries: readonly Entry[], after?: string, segments = everySegment, areAll = true): boolean =>
    isPage({ entries, areAll }, segments, after);
  expect(pageOf(inOrder)).toBe(true);
  expect(pageOf(inOrder.toReversed())).toBe(false);
  expect(pageOf([first, first])).toBe(false);
  expect(pageOf([first], second[0])).toBe(false);
  expect(pageOf([second], first[0])).toBe(true);
  expect(pageOf([first], undefined, [segmentOf(keyHash(second[0]))])).toBe(false);
  expect(pageOf([], undefined, everySegment, false)).toBe(false);
});
