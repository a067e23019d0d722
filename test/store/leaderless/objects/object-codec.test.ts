// Shows that objects come back from their bytes as they were, that equal objects have equal bytes, and that no bytes do harm.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeObject, encodeObject } from "../../../../src/store/leaderless/objects/object-codec.js";
import type { StoredObject, StoredSibling } from "../../../../src/store/leaderless/objects/stored-object.js";
import { compareSiblings, ordered, siblingOf } from "../../../../src/store/leaderless/objects/stored-object.js";
import { MalformedBytes } from "../../../../src/store/leaderless/versions/binary.js";
import { roughSteps, played, rules, text } from "./world.js";

const words = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString("latin1"));
const maybe = fc.option(words, { nil: undefined });
const numbers = fc.oneof(fc.nat(300), fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }));
const actors = fc.constantFrom("a", "b", "node-3", "\u00ff\u0000dddddd\u0000\u0000\u0001\u0002");
const pairs = fc.array(fc.tuple(words, words), { maxLength: 4 });

const siblings: fc.Arbitrary<StoredSibling> = fc
  .record({
    value: fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes)),
    contentType: maybe,
    charset: maybe,
    contentEncoding: maybe,
    userMeta: pairs,
    indexes: pairs,
    links: fc.array(fc.record({ bucket: words, key: words, tag: words }), { maxLength: 3 }),
    isTombstone: fc.boolean(),
    dot: fc.option(fc.record({ actor: actors, counter: fc.integer({ min: 1, max: 300 }) }), { nil: undefined }),
    lastModifiedUs: numbers,
  })
  .map(({ dot, lastModifiedUs, ...written }) => siblingOf(written, dot, lastModifiedUs));

const objects: fc.Arbitrary<StoredObject> = fc
  .record({
    vector: fc.uniqueArray(fc.record({ actor: actors, counter: fc.integer({ min: 300, max: 2 ** 50 }), seconds: numbers }), {
      selector: ({ actor }) => actor,
    }),
    siblings: fc.array(siblings, { minLength: 1, maxLength: 4 }),
  })
  .map((object) => ({
    vector: object.vector.sort((a, b) => (a.actor < b.actor ? -1 : 1)),
    siblings: ordered(object.siblings, compareSiblings),
  }));

test("there and back", () => {
  fc.assert(
    fc.property(objects, (object) => {
      const bytes = encodeObject(object);
      expect(comparable(decodeObject(bytes))).toEqual(comparable(object));
      expect(encodeObject(decodeObject(bytes)).equals(bytes)).toBe(true);
    }),
    { numRuns: 300 },
  );
});

test("what the store itself makes of writes comes back", () => {
  fc.assert(
    fc.property(roughSteps, (steps) => {
      for (const object of played(steps, rules).pool) {
        expect(comparable(decodeObject(encodeObject(object)))).toEqual(comparable(object));
      }
    }),
    { numRuns: 50 },
  );
});

test("metadata, indexes and links are sets: their order does not matter", () => {
  const meta = [
    ["b", "2"],
    ["a", "1"],
    ["b", "1"],
    ["a", "1"],
  ] as const;
  const shuffled = [meta[3], meta[2], meta[1], meta[0]];
  const bytes = [meta, shuffled].map((userMeta) => {
    const sibling = siblingOf({ ...text("v"), userMeta, indexes: userMeta }, undefined, 1);
    return encodeObject({ vector: [], siblings: [sibling] }).toString("hex");
  });
  expect(bytes[0]).toBe(bytes[1]);
});

describe("bytes from anywhere", () => {
  /** Either an object, whose bytes are these very bytes, or none, which is said in the one way. */
  function check(bytes: Uint8Array): void {
    const object = objectIn(bytes);
    expect(object === undefined || encodeObject(object).equals(bytes)).toBe(true);
  }

  function objectIn(bytes: Uint8Array): StoredObject | undefined {
    try {
      return decodeObject(bytes);
    } catch (error) {
      if (error instanceof MalformedBytes) return undefined;
      throw error;
    }
  }

  test("at random", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => check(Buffer.from([1, ...bytes]))),
      { numRuns: 2000 },
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), check));
  });

  test("of an object, damaged anywhere", () => {
    const damage = fc.array(fc.record({ at: fc.nat(), byte: fc.nat(255) }), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(objects, damage, (object, damages) => {
        const bytes = encodeObject(object);
        for (const { at, byte } of damages) bytes[at % bytes.length] = byte;
        check(bytes);
      }),
      { numRuns: 1500 },
    );
  });

  test("of an object, cut off anywhere, are none", () => {
    fc.assert(
      fc.property(objects, fc.nat(), (object, at) => {
        const bytes = encodeObject(object);
        expect(() => decodeObject(bytes.subarray(0, at % bytes.length))).toThrow(MalformedBytes);
      }),
    );
  });

  test.each([
    ["nothing", ""],
    ["another version", "0200010000"],
    ["no sibling", "010000"],
    ["an entry of nobody", "010100010001000000"],
    ["a number longer than it has to be", "01800001000000"],
    ["a number beyond 2^53", "0100018000ffffffffffffffff7f"],
    ["a billion of siblings", "01008094ebdc03000000"],
    ["a value longer than all there is", "01000100007f"],
    ["an unknown flag", "010001800000"],
    ["the first flag that nobody has", "010001400000"],
    ["a tombstone with a value", "01000101000161"],
    ["something behind the end", "01000100000000"],
    ["a dot beyond the vector", "01010161010001020001020000"],
    ["a dot that spells out what the vector has", "0101016101000102000001610100"],
    ["metadata that are none", "0100012000000000"],
  ])("refused: %s", (_title, hex) => {
    expect(() => decodeObject(Buffer.from(hex, "hex"))).toThrow(MalformedBytes);
  });
});

/** Views and buffers of the same bytes are the same. */
function comparable({ vector, siblings: all }: StoredObject): unknown {
  return { vector, siblings: all.map((sibling) => ({ ...sibling, value: Buffer.from(sibling.value).toString("hex") })) };
}
