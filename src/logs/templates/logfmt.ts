import type { LogRecord } from "../../core/log-record.js";
import { escaped, fieldText } from "../pretty/field-text.js";

const recordKeys = ["ts", "cluster", "service", "node", "stream", "level", "event", "msg", "seq"] as const;
const taken: ReadonlySet<string> = new Set([...recordKeys, "flags"]);

/**
 * `key=value` with spaces between them, as Heroku's logfmt and its readers have it: a text with a space, a quote or `=` is quoted as in
 * JSON, an object is JSON in quotes. A field whose name the record itself uses is written `fields.name`. An empty text is left out.
 */
export function formatLogfmt(record: LogRecord): string {
  const parts: string[] = [];
  for (const key of recordKeys) if (record[key] !== "") parts.push(`${key}=${fieldText(record[key], escaped)}`);
  for (const [key, value] of Object.entries(record.fields)) {
    const name = key.replace(/[\s"=]/g, "_");
    const text = typeof value === "object" && value !== null ? JSON.stringify(value) : value;
    parts.push(`${taken.has(name) ? "fields." : ""}${escaped(name)}=${fieldText(text, escaped)}`);
  }
  if (record.flags !== undefined) parts.push(`flags=${record.flags.join(",")}`);
  return parts.join(" ");
}
