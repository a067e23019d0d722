// Shows what a record is in OpenTelemetry's words, read back by the reference schema: nothing a line said is lost or overwrites what is ours.
import { ProtobufLogsSerializer } from "@opentelemetry/otlp-transformer";
import { expect, it } from "vitest";
import type { LogRecord } from "../../src/core/log-record.js";
import { createResources, toOtlp } from "../../src/ship/otlp-record.js";
import { recordAt } from "../logs/record.js";
import { decodeLogs, type Received } from "../support/otlp-receiver.js";

function sent(record: LogRecord): Received {
  const bytes = ProtobufLogsSerializer.serializeRequest([toOtlp(record, createResources()(record))]);
  const [received] = decodeLogs(bytes ?? new Uint8Array());
  if (received === undefined) throw new Error("nothing was sent");
  return received;
}

it("has the engine's time to the nanosecond, the data model's severity, and the conventions' names", () => {
  const record = recordAt(7_000_000_123, {
    level: "warn",
    event: "leader-elected",
    msg: "n1 leads",
    fields: { term: 3 },
    seq: 42,
  });
  expect(sent(record)).toEqual({
    time: `${Date.parse("2026-11-21T12:00:07Z")}000123`,
    observed: `${Date.parse("2026-11-21T12:00:07Z")}000123`,
    severity: [13, "warn"],
    body: "n1 leads",
    eventName: "leader-elected",
    attributes: { term: 3, "event.name": "leader-elected", "log.iostream": "stdout", "devious.seq": 42 },
    resource: {
      "service.name": "demo",
      "service.namespace": "demo",
      "service.instance.id": "n1",
      "devious.cluster": "demo",
      "devious.node": "n1",
    },
  });
});

it.each([
  ["trace", 1],
  ["debug", 5],
  ["info", 9],
  ["warn", 13],
  ["error", 17],
  ["fatal", 21],
] as const)("level %s is severity %i", (level, severity) => {
  expect(sent(recordAt(1, { level })).severity).toEqual([severity, level]);
});

it("names no event where there is none, and the service of what is ours", () => {
  const { eventName, attributes, resource } = sent(
    recordAt(1, { service: "", node: "chaos", stream: "engine", flags: ["gap", "late"] }),
  );
  expect(eventName).toBe("");
  expect(attributes).toEqual({ "log.iostream": "engine", "devious.seq": 1, "devious.flags": ["gap", "late"] });
  expect(resource).toMatchObject({ "service.name": "devious", "service.instance.id": "chaos" });
});

it.each<[string, unknown, unknown]>([
  ["a negative number", -5, -5],
  ["a fraction", 0.25, 0.25],
  ["a whole number beyond 32 bits", 2 ** 40 + 1, 2 ** 40 + 1],
  ["a whole number beyond 53 bits", 2 ** 60, 2n ** 60n],
  ["a number beyond 64 bits", 1e300, 1e300],
  ["a number that is none", NaN, NaN],
  ["infinity", -Infinity, -Infinity],
  ["a bigint", 12345678901234567890n, "12345678901234567890"],
  ["nothing", null, null],
  ["a truth", false, false],
  ["an empty text", "", ""],
  ["a text beyond ASCII", "größer \u{1f600} \u0000", "größer \u{1f600} \u0000"],
  ["half a character", "a\ud800b", "a\ufffdb"],
  ["a list", [1, "two", null, [3]], [1, "two", null, [3]]],
  ["an object", { n1: 4, deep: { er: [true] } }, { n1: 4, deep: { er: [true] } }],
])("a field is %s", (_what, value, expected) => {
  expect(sent(recordAt(1, { fields: { value } })).attributes["value"]).toEqual(expected);
});

it("keeps what a line says under a name of ours, beside it", () => {
  const fields = { "devious.seq": 99, "log.iostream": "mine", ["__proto__x"]: 1, "event.name": "theirs" };
  expect(sent(recordAt(1, { fields, event: "ours" })).attributes).toEqual({
    "devious.field.devious.seq": 99,
    "devious.field.log.iostream": "mine",
    "devious.field.event.name": "theirs",
    __proto__x: 1,
    "event.name": "ours",
    "log.iostream": "stdout",
    "devious.seq": 1,
  });
  const hostile = JSON.parse('{"__proto__":{"polluted":1}}') as Record<string, unknown>;
  expect(Object.entries(toOtlp(recordAt(1, { fields: hostile }), createResources()(recordAt(1))).attributes)).toContainEqual([
    "__proto__",
    { polluted: 1 },
  ]);
});

it("sends what is nested deeper than receivers allow as text", () => {
  let deep: unknown = "bottom";
  for (let depth = 0; depth < 40; depth++) deep = { deep };
  expect(JSON.stringify(sent(recordAt(1, { fields: { deep } })).attributes["deep"])).toContain('{\\"deep\\":\\"bottom\\"}');
  let bottomless: unknown = [];
  for (let depth = 0; depth < 200_000; depth++) bottomless = [bottomless];
  expect(JSON.stringify(sent(recordAt(1, { fields: { bottomless } })).attributes["bottomless"])).toContain("nested too deeply");
});

it("has no time for a line without a stamp", () => {
  expect(sent({ ...recordAt(1), ts: "0001-01-01T00:00:00.000000000Z" }).time).toBe("0");
});

it("is one resource for each node", () => {
  const resourceOf = createResources();
  expect(resourceOf(recordAt(1))).toBe(resourceOf(recordAt(2)));
  expect(resourceOf(recordAt(1))).not.toBe(resourceOf(recordAt(1, { node: "n2" })));
});
