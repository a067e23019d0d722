// Shows what a saved snapshot is: the file, zeros up to a whole sector, and the digest of both, of the length that was announced.
import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, it } from "vitest";
import { SavedCopy } from "../../../src/store/io/saved-copy.js";

it("is a file of whole sectors and its digest", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 700 }), { maxLength: 5 }), async (lengths) => {
      const pieces = lengths.map((length, i) => Buffer.alloc(length, i + 1));
      const left = [...pieces];
      const file = Buffer.concat(pieces);
      const copy = new SavedCopy({
        byteLength: file.length,
        read: () => Promise.resolve(left.shift()),
        close: () => Promise.resolve(),
      });
      const read: Buffer[] = [];
      for (let bytes = await copy.read(); bytes !== undefined; bytes = await copy.read()) read.push(bytes);
      const all = Buffer.concat(read);
      const [body, digest] = [all.subarray(0, -32), all.subarray(-32)];
      expect([all.length, body.length % 512, body.length - file.length < 512]).toEqual([copy.byteLength, 0, true]);
      expect(body.equals(Buffer.concat([file, Buffer.alloc(body.length - file.length)]))).toBe(true);
      expect(digest.equals(createHash("sha256").update(body).digest())).toBe(true);
      expect(await copy.read()).toBeUndefined();
    }),
  );
});
