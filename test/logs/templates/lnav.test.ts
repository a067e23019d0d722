// Shows that the format file for lnav has what lnav asks of a JSON format, that it names every key of our records, and that its samples are such records.
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { levels, type LogRecord } from "../../../src/core/log-record.js";
import { formatJson } from "../../../src/logs/format.js";
import { isStamp } from "../../../src/logs/stamp.js";
import { recordAt } from "../record.js";

interface Format {
  readonly title: string;
  readonly description: string;
  readonly json: boolean;
  readonly "timestamp-field": string;
  readonly "level-field": string;
  readonly "body-field": string;
  readonly "opid-field": string;
  readonly level: Readonly<Record<string, string>>;
  readonly "line-format": readonly (string | { readonly field: string })[];
  readonly value: Readonly<Record<string, { readonly kind: string }>>;
  readonly sample: readonly { readonly line: string }[];
}

const file = JSON.parse(readFileSync(new URL("../../../templates/lnav/devious_log.json", import.meta.url), "utf8")) as {
  readonly devious_log: Format;
};
const format = file.devious_log;
const samples = format.sample.map(({ line }) => JSON.parse(line) as LogRecord);
/** Every key that a record can have. */
const keys = Object.keys({ ...recordAt(0), flags: [] }).sort();

it("is one JSON format with title, description and samples, and no pattern for text", () => {
  expect(Object.keys(file)).toEqual(["$schema", "devious_log"]);
  expect(format).toMatchObject({ title: expect.any(String), description: expect.any(String), json: true });
  expect(format).not.toHaveProperty("regex");
  expect(samples.length).toBeGreaterThan(0);
});

it("names exactly the keys of our records, with kinds that lnav knows", () => {
  expect(Object.keys(format.value).sort()).toEqual(keys);
  for (const { kind } of Object.values(format.value)) expect(["string", "integer", "float", "json", "quoted"]).toContain(kind);
});

it("uses no other names where it says what is what", () => {
  const named = [
    format["timestamp-field"],
    format["level-field"],
    format["body-field"],
    format["opid-field"],
    ...format["line-format"].flatMap((part) => (typeof part === "string" ? [] : [part.field])),
  ];
  for (const name of named) expect([...keys, "__timestamp__"]).toContain(name);
});

it("tells all our levels apart, under the names that lnav gives them", () => {
  const lnavLevels = ["fatal", "critical", "error", "warning", "stats", "info", "debug", "trace"];
  expect(Object.keys(format.level).filter((name) => !lnavLevels.includes(name))).toEqual([]);
  for (const level of levels) {
    const matching = Object.entries(format.level).filter(([, pattern]) => new RegExp(pattern).test(level));
    expect(matching).toHaveLength(1);
  }
});

it("has samples that are records as we print them", () => {
  for (const [at, sample] of samples.entries()) {
    expect(keys).toEqual(expect.arrayContaining(Object.keys(sample)));
    expect(isStamp(sample.ts)).toBe(true);
    expect(levels).toContain(sample.level);
    expect(formatJson(sample)).toBe(format.sample[at]?.line);
  }
});
