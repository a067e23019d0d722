// Shows that the JSON Schema, by which editors check a spec, lets the same be as the program.
import { expect, test } from "vitest";
import { parseDuration } from "../../src/core/duration.js";
import { jsonSchema } from "../../src/spec/json-schema.js";

const pattern = /"election_timeout":\{[^}]*"pattern":"((?:[^"\\]|\\.)*)"/.exec(JSON.stringify(jsonSchema()))?.[1];
const forEditors = new RegExp(JSON.parse(`"${pattern}"`) as string);

test.each(["500ms", "2s", "1m30s", "0.5s", "1h", "10us", "5", "s", "", "-1s", "1.s", "5 s", "2 parsecs"])("%j", (text) => {
  expect(forEditors.test(text)).toBe(parseDuration(text) !== undefined);
});

test("editors are told of short forms as of long ones, in words of JSON Schema alone", () => {
  const text = JSON.stringify(jsonSchema());
  expect(text).not.toContain("shortForms");
  const { properties } = jsonSchema() as {
    properties: { services: { additionalProperties: { properties: Record<string, { anyOf?: unknown[] }> } } };
  };
  const service = properties.services.additionalProperties.properties;
  const withShort = Object.keys(service).filter((key) => service[key]?.anyOf !== undefined);
  expect(withShort).toEqual(["store", "protect", "build", "entrypoint", "command", "env_file", "depends_on"]);
  expect(service["build"]?.anyOf).toMatchObject([{ type: "string" }, { type: "object", properties: { context: {} } }]);
  expect(service["store"]?.anyOf).toMatchObject([{ enum: ["raft", "leaderless"] }, { type: "object" }, { type: "object" }]);
});
