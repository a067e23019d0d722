// The last so many are those at the end, however many come by and however they come.
import fc from "fast-check";
import { expect, it } from "vitest";
import { Last } from "../../src/logs/last.js";

it("keeps what a list of everything has at its end", () => {
  fc.assert(
    fc.property(fc.nat(30), fc.array(fc.nat(1500), { maxLength: 8 }), (count, batches) => {
      const last = new Last<number>(count);
      let next = 0;
      for (const size of batches) last.add(Array.from({ length: size }, () => next++));
      const first = Math.max(0, next - count);
      expect(last.items()).toEqual(Array.from({ length: next - first }, (_, i) => first + i));
    }),
  );
});
