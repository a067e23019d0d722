/** Writes schema/*.schema.json, by which editors complete and check a devious.yaml and a scenario.yaml. */
import { mkdirSync, writeFileSync } from "node:fs";
import { scenarioJsonSchema } from "../dist/scenario/schema.js";
import { jsonSchema } from "../dist/spec/schema.js";

mkdirSync("schema", { recursive: true });
for (const [name, schema] of Object.entries({ devious: jsonSchema(), scenario: scenarioJsonSchema() })) {
  writeFileSync(`schema/${name}.schema.json`, `${JSON.stringify(schema, null, 2)}\n`);
}
