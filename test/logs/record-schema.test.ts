// Shows that what the reader makes of any line is what the JSON Schema of a log record says, and that the schema says no less.
import fc from "fast-check";
import { expect, test } from "vitest";
import type { LogRecord } from "../../src/core/log-record.js";
import { logRecord, logRecordJsonSchema } from "../../src/logs/record-schema.js";
import { readLogs } from "../../src/logs/tail.js";
import { FakeContainer, FakeEngine } from "./fake-engine.js";
import { recorded } from "./formats/lines.js";
import { recordAt } from "./record.js";

const fits = (record: unknown): boolean => logRecord.safeParse(JSON.parse(JSON.stringify(record))).success;

test("every record of recorded lines, long and broken ones, both streams and what the engine tells is one", async () => {
  const engine = new FakeEngine();
  const n1 = new FakeContainer("demo", "n1");
  const agent = new FakeContainer("demo", "agent", { role: "agent" });
  engine.start(n1);
  engine.start(agent);
  for (const [i, { line }] of recorded.entries()) n1.say(i + 2, `${line}\n`, i % 2 === 0 ? "stdout" : "stderr");
  n1.say(1, `${"x".repeat(2_000_000)}\n`);
  agent.say(3, '{"ts":"t","level":"info","node":"chaos","event":"fault-applied","msg":"m","fault":"f1"}\n');
  engine.stop(n1);
  const records: LogRecord[] = [];
  for await (const record of readLogs(engine, "demo", { follow: false })) records.push(record);
  expect(records.length).toBeGreaterThan(recorded.length);
  expect(new Set(records.flatMap(({ flags = [] }) => flags))).toEqual(new Set(["joined", "truncated", "clamped"]));
  expect(records.filter((record) => !fits(record))).toEqual([]);
});

test("any record that differs in one thing is none", () => {
  const bad: readonly object[] = [
    { ts: "2026-11-21T12:00:00Z" },
    { level: "loud" },
    { stream: "stdin" },
    { seq: 0 },
    { fields: [] },
    { flags: ["odd"] },
    { msg: undefined },
    { extra: 1 },
  ];
  expect(fits(recordAt(1, { flags: ["late", "gap"] }))).toBe(true);
  expect(bad.filter((rest) => fits({ ...recordAt(1), ...rest }))).toEqual([]);
});

test("fields may be anything that JSON can say", () => {
  fc.assert(fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (fields) => fits(recordAt(1, { fields }))));
});

test("the JSON Schema explains every key, and needs all but flags", () => {
  const { properties, required, additionalProperties } = logRecordJsonSchema() as {
    readonly properties: Readonly<Record<string, { readonly description?: string }>>;
    readonly required: readonly string[];
    readonly additionalProperties: unknown;
  };
  expect(Object.keys(properties)).toEqual(Object.keys(recordAt(1, { flags: [] })));
  expect(Object.values(properties).filter(({ description = "" }) => description === "")).toEqual([]);
  expect(required).toEqual(Object.keys(recordAt(1)));
  expect(additionalProperties).toBe(false);
});
