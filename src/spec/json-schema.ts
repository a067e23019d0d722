/** The spec's JSON Schema: for editors, for the reference, and for "did you mean". */
import { z } from "zod";
import { shortForms } from "./fields.js";
import { isMapping } from "./names.js";
import type { Mapping } from "./names.js";
import { specFile } from "./schema.js";

/** Draft 2020-12; the build writes it to `schema/devious.schema.json`. */
export function jsonSchema(): Readonly<Record<string, unknown>> {
  const schema = z.toJSONSchema(specFile, { io: "input", unrepresentable: "any" });
  return { title: "devious.yaml", ...(withShortForms(schema) as Mapping) };
}

/** Alternatives in place of every schema that has short forms. */
function withShortForms(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withShortForms);
  if (!isMapping(schema)) return schema;
  const { [shortForms]: short, ...rest } = Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [key, withShortForms(value)]),
  );
  if (!Array.isArray(short)) return rest;
  const { description, ...long } = rest;
  const { oneOf } = long;
  const isChoice = Array.isArray(oneOf) && Object.keys(long).length === 1;
  const anyOf = [...(short as readonly unknown[]), ...(isChoice ? (oneOf as readonly unknown[]) : [long])];
  return { ...(description === undefined ? {} : { description }), anyOf };
}

/** Tells the keys that are allowed in the mapping at a path of a file; the schema is made once it is needed. */
export function knownKeysIn(file: unknown): (path: readonly PropertyKey[]) => readonly string[] {
  let whole: Mapping | undefined;
  return (path) => keysAt((whole ??= jsonSchema()), path, file);
}

function keysAt(whole: Mapping, path: readonly PropertyKey[], file: unknown): readonly string[] {
  let schemas = meantBy(whole, file);
  let value = file;
  for (const key of path) {
    value = isMapping(value) || Array.isArray(value) ? (value as Readonly<Record<PropertyKey, unknown>>)[key] : undefined;
    schemas = schemas.flatMap((one) => schemaAt(one, key)).flatMap((one) => meantBy(one, value));
  }
  return [...new Set(schemas.flatMap((one) => Object.keys(isMapping(one["properties"]) ? one["properties"] : {})))];
}

function meantBy(schema: Mapping, value: unknown): readonly Mapping[] {
  return alternativesOf(schema).filter((one) => isMeant(one, value));
}

function alternativesOf(schema: Mapping): readonly Mapping[] {
  const choices = [schema["anyOf"], schema["oneOf"]].flatMap((list) => (Array.isArray(list) ? (list as readonly unknown[]) : []));
  return [schema, ...choices.filter(isMapping).flatMap(alternativesOf)];
}

/** Which of several mappings is meant, a constant in it may tell, such as `type` and `design`. */
function isMeant({ properties }: Mapping, value: unknown): boolean {
  return Object.entries(isMapping(properties) ? properties : {}).every(
    ([key, one]) => !isMapping(one) || !("const" in one) || !isMapping(value) || one["const"] === value[key],
  );
}

function schemaAt({ properties, additionalProperties, items }: Mapping, key: PropertyKey): readonly Mapping[] {
  const own = isMapping(properties) && typeof key === "string" ? properties[key] : undefined;
  return [own, own === undefined ? additionalProperties : undefined, items].filter(isMapping);
}
