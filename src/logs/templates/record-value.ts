import type { LogRecord } from "../../core/log-record.js";

/** Reads one value of a record; undefined where the record has none of that name. */
export type RecordValue = (record: LogRecord) => unknown;

const recordKeys: ReadonlySet<string> = new Set([
  "ts",
  "cluster",
  "service",
  "node",
  "stream",
  "level",
  "event",
  "msg",
  "fields",
  "seq",
  "flags",
] satisfies (keyof LogRecord)[]);

/**
 * What a name means, where a user writes one: a key of the record (`node`), else a field (`term`); `fields.node` is the field where both
 * have the name. A dot leads into an object, unless a field's own name has it.
 */
export function recordValue(name: string): RecordValue {
  if (name === "flags") return ({ flags }) => flags?.join(",");
  if (recordKeys.has(name)) return (record) => record[name as keyof LogRecord];
  const field = name.replace(/^fields\./, "");
  const path = field.split(".");
  return ({ fields }) => {
    if (Object.hasOwn(fields, field)) return fields[field];
    let value: unknown = fields;
    for (const key of path) {
      if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
      value = (value as Record<string, unknown>)[key];
    }
    return value;
  };
}
