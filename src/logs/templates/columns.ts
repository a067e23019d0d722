import { DeviousError } from "../../core/errors.js";
import { chaosNode, levels, type LogRecord } from "../../core/log-record.js";
import { displayWidth } from "../pretty/display-width.js";
import { zeroStamp } from "../stamp.js";
import { recordValue } from "./record-value.js";
import { valueText } from "./template.js";
import type { RecordWriter } from "./writer.js";

const gap = "  ";

/**
 * Aligned columns under their names. A column is as wide as what has been shown in it, the last one has no width; a `-` stands for what a
 * record does not have. `nodes`: those known beforehand. Throws USAGE where a name is missing.
 */
export function createColumns(names: readonly string[], nodes: readonly string[]): RecordWriter {
  if (names.length === 0 || names.includes("")) {
    throw new DeviousError("USAGE", "--columns needs names with commas between them", {
      hint: "Write for example --columns ts,node,level,msg,term.",
    });
  }
  const widths = names.map((name) => Math.max(displayWidth(name), ...usual(name, nodes).map(displayWidth)));
  const values = names.map(recordValue);
  const row = (cells: readonly string[]): string =>
    cells.map((cell, at) => (at === cells.length - 1 ? cell : cell + " ".repeat((widths[at] ?? 0) - displayWidth(cell)))).join(gap);
  return {
    head: row(names.map((name) => name.toUpperCase())),
    line: (record: LogRecord) => {
      const cells = values.map((value) => valueText(value(record)) || "-");
      cells.forEach((cell, at) => (widths[at] = Math.max(widths[at] ?? 0, displayWidth(cell))));
      return row(cells);
    },
  };
}

/** As long as most of our own. */
const usualEvent = "leader-elected";

/** What is sure to come, so that the columns stand from the first line on. */
function usual(name: string, nodes: readonly string[]): readonly string[] {
  if (name === "ts") return [zeroStamp];
  if (name === "level") return levels;
  if (name === "event") return [usualEvent];
  return name === "node" ? [chaosNode, ...nodes] : [];
}
