/** Writes schema/devious.schema.json, by which editors complete and check a devious.yaml. */
import { mkdirSync, writeFileSync } from "node:fs";
import { jsonSchema } from "../dist/spec/schema.js";

mkdirSync("schema", { recursive: true });
writeFileSync("schema/devious.schema.json", `${JSON.stringify(jsonSchema(), null, 2)}\n`);
