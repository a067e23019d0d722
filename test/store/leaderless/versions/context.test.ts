// Shows that clients get back their contexts as they were, and that anything else is refused with a sentence, never a crash.
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  BadContext,
  contextBytesMax,
  decodeContext,
  decodeContextText,
  encodeContext,
} from "../../../../src/store/leaderless/versions/context.js";
import type { VersionVector } from "../../../../src/store/leaderless/versions/version-vector.js";
import { emptyVector } from "../../../../src/store/leaderless/versions/version-vector.js";

const actor = fc.uint8Array({ minLength: 1, maxLength: 30 }).map((bytes) => Buffer.from(bytes).toString("latin1"));
const vectors: fc.Arbitrary<VersionVector> = fc
  .uniqueArray(
    fc.record({
      actor,
      counter: fc.integer({ min: 1, max: 2 ** 48 }),
      seconds: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
    }),
    { selector: (entry) => entry.actor },
  )
  .map((entries) => entries.sort((a, b) => (a.actor < b.actor ? -1 : 1)));

test("there and back, as bytes and in base64", () => {
  fc.assert(
    fc.property(vectors, (vector) => {
      const bytes = encodeContext(vector);
      expect(decodeContext(bytes)).toEqual(vector);
      expect(decodeContextText(Buffer.from(bytes).toString("base64"))).toEqual(vector);
    }),
  );
});

test("no bytes are no context", () => expect(decodeContext(new Uint8Array(0))).toEqual(emptyVector));

test("one bit of it wrong, it is refused", () => {
  fc.assert(
    fc.property(vectors, fc.nat(), (vector, bit) => {
      const bytes = encodeContext(vector);
      const at = Math.floor(bit / 8) % bytes.length;
      bytes[at] = (bytes[at] as number) ^ (1 << (bit % 8));
      expect(() => decodeContext(bytes)).toThrow(BadContext);
    }),
  );
});

test("whatever comes, it is a context or refused", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 60 }), (bytes) => {
      expect(() => decodeContext(bytes)).toThrow(BadContext);
    }),
    { numRuns: 500 },
  );
});

test.each([
  ["not base64", "a?b=", "it is not base64"],
  ["too short", "AAAA", "it is too short"],
  ["of Riak itself", "a85hYGBgzGDKBVIcypz/fvppe3HPYEpkzGNlOFQTdJYvCwA=", "its check does not fit"],
  ["huge", Buffer.alloc(contextBytesMax + 1).toString("base64"), "it is longer than 65536 bytes"],
])("%s: says so", (_title, text, why) => {
  expect(() => decodeContextText(text)).toThrow(`The context (vclock) is not one that this store gave out: ${why}.`);
});

test("one that counts out of all reason is refused: the store has to be able to count on", () => {
  const bytes = encodeContext([{ actor: "a", counter: 2 ** 48 + 1, seconds: 0 }]);
  expect(() => decodeContext(bytes)).toThrow("it counts beyond 2^48");
});
