// Shows that keys of the storage name one object each, and begin alike exactly within one bucket.
import fc from "fast-check";
import { expect, it } from "vitest";
import { bucketPrefix, isStorageKey, objectName, storageKey, typePrefix } from "../../../src/store/leaderless/storage-key.js";

const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array).toString("latin1"));
const name = fc.record({ type: bytes, bucket: bytes, key: bytes });

it("gives back what it was made from", () => {
  fc.assert(
    fc.property(name, (each) => {
      expect(objectName(storageKey(each))).toEqual(each);
      expect(isStorageKey(storageKey(each))).toBe(true);
    }),
  );
});

it("begins with the prefix of its bucket and its type alone", () => {
  // few characters, so that names are often one another's beginnings
  const short = fc.string({ unit: fc.constantFrom("\0", "\u0001", "a"), maxLength: 3 });
  const shortName = fc.record({ type: short, bucket: short, key: short });
  fc.assert(
    fc.property(shortName, shortName, (a, b) => {
      const isSameType = a.type === b.type;
      expect(storageKey(a).startsWith(typePrefix(b.type))).toBe(isSameType);
      expect(storageKey(a).startsWith(bucketPrefix(b))).toBe(isSameType && a.bucket === b.bucket);
    }),
  );
});

it.each(["", "a", "\0", "\0\u0002a", "\0\u0001a\0", "\0\u0001a\0\u0002b"])("refuses what is cut off: %j", (key) => {
  expect(() => objectName(key)).toThrow(RangeError);
  expect(isStorageKey(key)).toBe(false);
});
