import { DeviousError } from "../../core/errors.js";
import { escaped } from "../pretty/field-text.js";
import { type RecordValue, recordValue } from "./record-value.js";
import type { RecordWriter } from "./writer.js";

/**
 * A line by a pattern such as `{{ts}} {{node}} {{msg}} {{fields.term}}`. What a record does not have is written as nothing, `\t` and `\n`
 * in the pattern are a tab and a new line. Throws USAGE where braces do not match.
 */
export function createTemplate(pattern: string): RecordWriter {
  const parts = pattern.split(/(\{\{[^{}]*\}\})/).map((part, at): string | RecordValue => {
    if (at % 2 === 0) {
      if (/\{\{|\}\}/.test(part)) throw unmatched(pattern);
      return part.replaceAll("\\t", "\t").replaceAll("\\n", "\n");
    }
    const name = part.slice(2, -2).trim();
    if (name === "") throw unmatched(pattern);
    return recordValue(name);
  });
  return {
    line: (record) => parts.map((part) => (typeof part === "string" ? part : valueText(part(record)))).join(""),
  };
}

function unmatched(pattern: string): DeviousError {
  return new DeviousError("USAGE", `--format ${pattern} is no template: its braces do not enclose a name`, {
    hint: "Write for example '{{ts}} {{node}} {{level}} {{msg}} {{fields.term}}'.",
  });
}

/** Texts as they are, made safe for a terminal, everything else as JSON; nothing is "". */
export function valueText(value: unknown): string {
  if (value === undefined) return "";
  return escaped(typeof value === "string" ? value : JSON.stringify(value));
}
