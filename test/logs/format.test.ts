// Shows the JSON line of every kind of record, and that no node can drive the reader's terminal through it.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LogRecord } from "../../src/core/log-record.js";
import { escapeControls, formatJson } from "../../src/logs/format.js";
import { recordAt } from "./record.js";

// the BMP up to the general punctuation and symbols, controls included
const anyChar = fc.integer({ min: 0, max: 0x2fff }).map((code) => String.fromCodePoint(code));

const story: readonly LogRecord[] = [
  recordAt(643_171_743, { msg: "became leader", event: "leader-elected", fields: { term: 3, votes: ["n1", "n2"] }, seq: 1 }),
  recordAt(700_000_000, { node: "n2", level: "debug", msg: "heartbeat", fields: { from: "n1" } }),
  recordAt(1_000_000_000, {
    node: "chaos",
    level: "warn",
    event: "fault-applied",
    msg: "partition n1 | n2,n3",
    fields: { fault: "f1", for: "30s" },
  }),
  recordAt(1_500_000_000, {
    node: "n3",
    level: "error",
    stream: "stderr",
    msg: "lost the leader",
    fields: { note: "two words", empty: "", nothing: null },
  }),
  recordAt(2_000_000_000, {
    node: "api-1",
    level: "fatal",
    msg: "\u001b[31mred\u001b[0m\tand \u202eback",
    fields: { "k\u0007": "a\u009bb" },
  }),
  recordAt(2_500_000_000, { node: "kv-10", level: "trace", msg: "", event: "tick" }),
  recordAt(3_000_000_000, { node: "n1", msg: "a late one", flags: ["joined", "late"], seq: 2 }),
];

describe("json", () => {
  it("is the record, one line", async () => {
    const lines = story.map(formatJson);
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(story);
    await expect(`${lines.join("\n")}\n`).toMatchFileSnapshot("../golden/logs/records.jsonl");
  });
});

it("never emits a control character", () => {
  const anything = fc.string({ unit: anyChar });
  fc.assert(
    fc.property(anything, anything, anything, (msg, key, value) => {
      const record = recordAt(0, { msg, fields: { [key]: value } });
      expect(formatJson(record)).not.toMatch(/[\p{Cc}\u2028-\u202e\u2066-\u2069]/u);
    }),
  );
  expect(escapeControls("a\r\nb\u0085")).toBe("a\\r\\nb\\x85");
});
