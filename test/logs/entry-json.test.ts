// Shows that an entry's JSON is its record's, taken apart or not, and says nothing that a terminal obeys.
import fc from "fast-check";
import { expect, test } from "vitest";
import { Entry } from "../../src/logs/entry.js";
import { entryJson } from "../../src/logs/entry-json.js";
import { stampAt } from "./docker-log.js";

const source = { cluster: 'de"mo', service: "kv", node: "n1" };
const entryOf = (text: string, flags: Entry["flags"] = []): Entry => new Entry(source, "stdout", stampAt(1), text, 7, flags);

const name = fc.oneof(fc.constantFrom("ts", "level", "node", "event", "msg", "term", "__proto__", "7"), fc.string());
const text = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.string({ unit: "binary" }),
  fc.constantFrom('"', "\\", "\u0000", "\u0085"),
);
const ourLine = fc
  .record({
    level: fc.constantFrom("info", "warn", "chatty"),
    event: text,
    msg: text,
    fields: fc.dictionary(name, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 5 }),
  })
  .map(({ level, event, msg, fields }) =>
    JSON.stringify({ ts: "2026-11-21T10:00:00.000Z", level, node: "n1", event, msg, ...fields }),
  );
/** Not quite what a program of ours would write. */
const spoilt = fc
  .tuple(ourLine, fc.nat(), fc.constantFrom("", '"', "}", ",", '"msg":"again"', "01", "\n"))
  .map(([line, at, what]) => line.slice(0, at % line.length) + what + line.slice(at % line.length));

test("is the record's", () => {
  fc.assert(
    fc.property(fc.oneof(ourLine, spoilt, text), fc.constantFrom<Entry["flags"]>([], ["gap", "late"]), (line, flags) => {
      const entry = entryOf(line, flags);
      expect(JSON.parse(entryJson(entry))).toEqual(JSON.parse(JSON.stringify(entry.record)));
      expect(entryJson(entry)).not.toMatch(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u);
    }),
    { numRuns: 1000 },
  );
});

test("has the keys of a record in their order, and no flags where there are none", () => {
  const line =
    '{"ts":"2026-11-21T10:00:00.000Z","level":"warn","node":"n1","event":"e","msg":"a \\"b\\"","term":3,"peers":["n2"],"vc":{"n1":1}}';
  expect(entryJson(entryOf(line))).toBe(
    `{"ts":"${stampAt(1)}","cluster":"de\\"mo","service":"kv","node":"n1","stream":"stdout","level":"warn","event":"e","msg":"a \\"b\\"","fields":{"term":3,"peers":["n2"],"vc":{"n1":1}},"seq":7}`,
  );
});
