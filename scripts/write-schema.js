/** Writes schema/*.schema.json: of a devious.yaml and a scenario.yaml for editors, of log records for programs that read them. */
import { mkdirSync, writeFileSync } from "node:fs";
import { logRecordJsonSchema } from "../dist/logs/record-schema.js";
import { scenarioJsonSchema } from "../dist/scenario/schema.js";
import { jsonSchema } from "../dist/spec/json-schema.js";

mkdirSync("schema", { recursive: true });
const schemas = { devious: jsonSchema(), scenario: scenarioJsonSchema(), "log-record": logRecordJsonSchema() };
for (const [name, schema] of Object.entries(schemas)) {
  writeFileSync(`schema/${name}.schema.json`, `${JSON.stringify(schema, null, 2)}\n`);
}
