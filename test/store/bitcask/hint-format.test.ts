// Shows that a hint file gives back its entries, and that no other bytes, nor one beside other data, are taken for it.
import { crc32 } from "node:zlib";
import fc from "fast-check";
import { expect, it } from "vitest";
import { HintWriter, readHints, type HintEntry } from "../../../src/store/bitcask/hint-format.js";
import { placeOf, type Seal } from "../../../src/store/bitcask/record-format.js";

const seal: Seal = (bytes) => crc32(bytes, 5);
const word = fc.nat(0xffffffff);
const located = {
  place: fc
    .record({ partition: fc.nat(65_535), n: fc.nat(255), member: fc.string({ maxLength: 20 }) })
    .map((at) => placeOf(at, at.member)),
  key: fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes).toString("latin1")),
  offset: word,
  length: word,
};
const entry: fc.Arbitrary<HintEntry> = fc.oneof(
  fc.record({ ...located, kind: fc.constant("put" as const), objectHash: fc.nat(2 ** 48 - 1) }),
  fc.record({ ...located, kind: fc.constant("removal" as const), since: word, upTo: word }),
);

function file(entries: readonly HintEntry[], dataBytes: number): Buffer {
  const writer = new HintWriter();
  for (const each of entries) writer.add(each);
  return writer.finish(dataBytes, seal);
}

it("entries come back, in their order", () => {
  fc.assert(
    fc.property(fc.array(entry), word, (entries, dataBytes) => {
      expect([...(readHints(file(entries, dataBytes), dataBytes, seal) ?? [])]).toEqual(entries);
    }),
  );
});

it("more entries than the first room holds", () => {
  const one: HintEntry = {
    kind: "put",
    place: placeOf({ partition: 1, n: 3 }, ""),
    key: "k".repeat(100),
    offset: 1,
    length: 2,
    objectHash: 3,
  };
  const entries = Array.from({ length: 5000 }, (_, offset) => ({ ...one, offset }));
  expect([...(readHints(file(entries, 9), 9, seal) ?? [])]).toEqual(entries);
});

it("any other bytes are none", () => {
  fc.assert(
    fc.property(fc.array(entry), fc.nat(), fc.integer({ min: 1, max: 255 }), (entries, where, by) => {
      const bytes = file(entries, 7);
      const at = where % bytes.length;
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] as number) ^ by;
      expect(readHints(changed, 7, seal)).toBeUndefined();
      expect(readHints(bytes.subarray(0, at), 7, seal)).toBeUndefined();
      expect(readHints(bytes, 8, seal)).toBeUndefined();
      expect(readHints(bytes, 7, (each) => crc32(each, 6))).toBeUndefined();
    }),
  );
});
