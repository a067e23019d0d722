// Shows that JSON is read and written as JSON.parse and JSON.stringify do, but for whole numbers that are exact, bytes for texts, and bounds.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { JsonObject, jsonText, JsonTextError, parseJson } from "../../../../src/store/riak/http/json.js";
import type { Json } from "../../../../src/store/riak/http/json.js";

/** As JSON.parse has it. */
function plain(value: Json): unknown {
  if (typeof value === "bigint") return Number(value);
  if (typeof value === "string") return Buffer.from(value, "latin1").toString();
  if (value instanceof JsonObject) return Object.fromEntries(value.entries.map(([name, each]) => [plain(name), plain(each)]));
  return typeof value === "object" && value !== null ? value.map(plain) : value;
}

const read = (text: string): Json => parseJson(Buffer.from(text));

it("reads whatever JSON.stringify writes, and writes it again", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), fc.constantFrom(0, 2), (value, indent) => {
      const text = JSON.stringify(value, undefined, indent);
      expect(plain(read(text))).toEqual(JSON.parse(text));
      expect(JSON.parse(jsonText(read(text)))).toEqual(JSON.parse(text));
    }),
  );
});

/** What refuses with another error than it should has that as its outcome. */
function outcome(act: () => string): string {
  try {
    return act();
  } catch (error) {
    return error instanceof JsonTextError || error instanceof SyntaxError ? "refused" : String(error);
  }
}

it("takes and refuses what JSON.parse does", () => {
  const pieces = fc.constantFrom(
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    '"',
    "\\",
    "u00e9",
    "1",
    "-",
    "0",
    ".5",
    "e3",
    "true",
    "null",
    " ",
    "\n",
    "\u0001",
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 8 }), (parts) => {
      const text = parts.join("");
      // as texts, since no whole number is a negative nought
      const ours = outcome(() => JSON.stringify(plain(read(text))));
      expect(ours).toBe(outcome(() => JSON.stringify(JSON.parse(text))));
    }),
    { numRuns: 2000 },
  );
});

describe("differently", () => {
  it("keeps whole numbers, and members that come twice in their order", () => {
    expect(read("9223372036854775807")).toBe(9223372036854775807n);
    expect(jsonText(read("-9223372036854775808"))).toBe("-9223372036854775808");
    expect(read("1e2")).toBe(100);
    expect(jsonText(read('{"b":1,"a":2,"b":3,"__proto__":4}'))).toBe('{"b":1,"a":2,"b":3,"__proto__":4}');
  });

  it("has bytes for texts", () => {
    expect(read('"\\u00e9é"')).toBe("\u00c3\u00a9\u00c3\u00a9");
    expect(jsonText("\u00ff")).toBe('"\ufffd"');
  });

  it.each([
    ["what is no UTF-8", Buffer.from([0x22, 0xff, 0x22]), "invalid UTF-8"],
    ["too deep a nest", Buffer.from("[".repeat(1_000_000)), "nested more than 100 deep"],
    ["too long a text", Buffer.alloc(5 * 2 ** 20, "1"), "more than 4194304 bytes"],
    ["a text without end", Buffer.from(`"${"\\n".repeat(1_000_000)}`), "no JSON at character 0"],
    ["quotes without end", Buffer.from('"\\"'.repeat(1_000_000)), "no JSON at character"],
  ])("refuses %s", (_what, bytes, why) => {
    expect(() => parseJson(bytes)).toThrow(why);
  });

  it("reads a long text with many escapes", () => {
    expect(read(`"${"\\n".repeat(1_000_000)}"`)).toHaveLength(1_000_000);
    expect(read("1".repeat(1_000_000))).toBe(Infinity);
  });
});
