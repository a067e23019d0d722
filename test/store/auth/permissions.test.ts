// Shows that what a user may do is the union of his permissions, by asking for every key of a range one by one.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Rights } from "../../../src/store/auth/permissions.js";
import type { Need, Permission } from "../../../src/store/auth/permissions.js";

const letters = ["\0", "a", "b", "\xff"];
/** Ends of ranges are as long as two letters, those of single keys end one letter later: where anything is uncovered, one of these is. */
const everyKey = ["", ...letters, ...letters.flatMap((a) => letters.flatMap((b) => [a + b, ...letters.map((c) => a + b + c)]))];

const key = fc.array(fc.constantFrom(...letters), { minLength: 1, maxLength: 2 }).map((some) => some.join(""));
const rangeEnd = fc.oneof(fc.constant(""), fc.constant("\0"), key);
const permission = fc.record({ permType: fc.constantFrom(0, 1, 2, 7), key: fc.oneof(fc.constant(""), key), rangeEnd });
const need = fc
  .record({ what: fc.constantFrom("read" as const, "write" as const), key, rangeEnd })
  .filter((asked) => isSingle(asked) || isEndless(asked) || asked.key < asked.rangeEnd);

const isSingle = ({ rangeEnd: end }: Pick<Need, "rangeEnd">): boolean => end === "";
const isEndless = ({ rangeEnd: end }: Pick<Need, "rangeEnd">): boolean => end === "\0";

function holds(range: { readonly key: string; readonly rangeEnd: string }, one: string): boolean {
  if (isSingle(range)) return one === range.key;
  return one >= range.key && (isEndless(range) || one < range.rangeEnd);
}

function permits({ permType }: Permission, { what }: Need): boolean {
  return permType === 2 || permType === (what === "read" ? 0 : 1);
}

describe("Rights", () => {
  it("cover what every key of it is covered by some permission", () => {
    let covered = 0;
    fc.assert(
      fc.property(fc.array(permission, { maxLength: 6 }), need, (permissions, asked) => {
        const expected = everyKey
          .filter((one) => holds(asked, one))
          .every((one) => permissions.some((each) => permits(each, asked) && holds(each, one)));
        if (expected) covered++;
        expect(new Rights(permissions).cover(asked)).toBe(expected);
      }),
      { numRuns: 2000 },
    );
    expect(covered, "cases in which something was covered").toBeGreaterThan(50);
  });

  it("reach over permissions that touch, and not over a gap", () => {
    const rights = new Rights([
      { permType: 0, key: "a", rangeEnd: "b" },
      { permType: 2, key: "b", rangeEnd: "" },
      { permType: 0, key: "b\0", rangeEnd: "c" },
      { permType: 0, key: "d", rangeEnd: "\0" },
    ]);
    expect(rights.cover({ what: "read", key: "a", rangeEnd: "c" })).toBe(true);
    expect(rights.cover({ what: "read", key: "a", rangeEnd: "c\0" })).toBe(false);
    expect(rights.cover({ what: "read", key: "e", rangeEnd: "\0" })).toBe(true);
    expect(rights.cover({ what: "write", key: "b", rangeEnd: "" })).toBe(true);
    expect(rights.cover({ what: "write", key: "b", rangeEnd: "c" })).toBe(false);
  });
});
