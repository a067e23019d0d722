// Shows that the directory is a map of places and keys to locations, whose slots are used again, and that its trees are those of what it holds.
import fc from "fast-check";
import { expect, it } from "vitest";
import { KeyDirectory } from "../../../src/store/bitcask/key-directory.js";
import { KeySlots, type Location } from "../../../src/store/bitcask/key-slots.js";
import { placeOf } from "../../../src/store/bitcask/record-format.js";
import { segmentCount } from "../../../src/store/leaderless/merkle/hash-tree.js";
import { keyHash, segmentOf } from "../../../src/store/leaderless/merkle/hash.js";
import { SumTree } from "../../../src/store/leaderless/merkle/sum-tree.js";

const word = fc.nat(0xffffffff);
const location: fc.Arbitrary<Location> = fc.record({
  file: word,
  offset: word,
  length: word,
  objectHash: fc.nat(2 ** 48 - 1),
  firstFile: word,
});
const places = [
  placeOf({ partition: 0, n: 3 }, ""),
  placeOf({ partition: 9, n: 3 }, ""),
  placeOf({ partition: 9, n: 3 }, "n1"),
  placeOf({ partition: 9, n: 3 }, "n2"),
];

it("sets and removes in any order, against a Map", () => {
  const step = fc.record({ place: fc.constantFrom(...places), key: fc.nat(60), location: fc.option(location) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const directory = new KeyDirectory();
      const twin = new Map(places.map((place) => [place, new Map<string, Location>()]));
      const [replaced, expected]: [unknown[], unknown[]] = [[], []];
      for (const { place, key: number, location: to } of steps) {
        const key = String(number);
        const keys = twin.get(place) as Map<string, Location>;
        const before = keys.get(key);
        if (to === null) {
          directory.remove(place, key);
          keys.delete(key);
        } else {
          replaced.push(directory.set(place, key, to));
          expected.push(before);
          keys.set(key, { ...to, firstFile: Math.min(to.firstFile, before?.firstFile ?? to.firstFile) });
        }
      }
      expect(replaced).toEqual(expected);
      for (const [place, keys] of twin) {
        const tree = new SumTree();
        for (const [key, { objectHash }] of keys) tree.add(keyHash(key), objectHash);
        expect(Array.from({ length: 61 }, (_, key) => directory.get(place, String(key)))).toEqual(
          Array.from({ length: 61 }, (_, key) => keys.get(String(key))),
        );
        const segments = Array.from({ length: segmentCount }, (_, segment) => segment);
        expect(segments.map((segment) => directory.tree(place).segment(segment))).toEqual(
          segments.map((segment) => tree.segment(segment)),
        );
        expect(directory.tree(place).root()).toBe(tree.root());
        const entries = segments.flatMap((segment) =>
          [...directory.entries(place, segment)].map(([key, hash]) => ({ segment, key, hash })),
        );
        expect(
          entries.every(({ segment, key, hash }) => segmentOf(keyHash(key)) === segment && keys.get(key)?.objectHash === hash),
        ).toBe(true);
        expect([entries.length, directory.count(place)]).toEqual([keys.size, keys.size]);
        expect(segments.flatMap((segment) => directory.keys(place, segment))).toEqual(entries.map(({ key }) => key));
      }
      expect(directory.places()).toHaveLength([...twin.values()].filter(({ size }) => size > 0).length);
    }),
    { numRuns: 50 },
  );
});

it("slots that were given back are used again, and all keep their own", () => {
  const slots = new KeySlots();
  const of = (number: number): Location => ({
    file: number,
    offset: 1,
    length: 2,
    objectHash: 2 ** 48 - 1 - number,
    firstFile: number,
  });
  const add = (number: number): number => slots.add(`k${number}`, number, of(number));
  const held = (slot: number): unknown => [slots.key(slot), slots.hash(slot), slots.get(slot)];
  const first = Array.from({ length: 10_000 }, (_, number) => add(number));
  for (const slot of first.slice(0, 5000)) slots.remove(slot);
  const again = Array.from({ length: 5000 }, (_, number) => add(20_000 + number));
  expect(Math.max(...again)).toBeLessThan(10_000);
  expect(again.map(held)).toEqual(again.map((_, number) => [`k${20_000 + number}`, 20_000 + number, of(20_000 + number)]));
  expect(first.slice(5000).map(held)).toEqual(first.slice(5000).map((_, at) => [`k${5000 + at}`, 5000 + at, of(5000 + at)]));
});
