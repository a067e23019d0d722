import { columnAt, type Axis } from "./axis.js";
import { displayWidth } from "../pretty/display-width.js";
import { cut } from "./columns.js";
import type { Election } from "./elections.js";
import type { FaultPeriod } from "./faults.js";

/**
 * Who led when, one character a column: a mark with as much of `n1 term 3` as fits at each election, a line as long as that leader
 * is not known to have ended or to be followed by another. Elections in the order of time, of one service.
 */
export function leaderLine(elections: readonly Election[], axis: Axis): string {
  const starts = elections.map(({ ts }) => columnAt(axis, ts));
  let line = "";
  elections.forEach(({ node, term, untilTs }, at) => {
    const start = starts[at] ?? 0;
    const next = starts[at + 1] ?? axis.columns;
    // of several elections in one column the last is shown
    if (next === start) return;
    const until = untilTs === null ? next : Math.min(next, columnAt(axis, untilTs) + 1);
    const name = cut(node, axis.columns);
    const words = [`▾${name} term ${term} `, `▾${name} ${term} `, `▾${name} `, "▾"];
    const fitting = term === null ? words.slice(2) : words;
    const mark = fitting.find((text) => displayWidth(text) <= next - start) ?? "▾";
    line = padded(line, start) + mark;
    line += "─".repeat(Math.max(0, until - displayWidth(line)));
  });
  return padded(line, axis.columns);
}

function padded(line: string, columns: number): string {
  return line + " ".repeat(Math.max(0, columns - displayWidth(line)));
}

/** When a fault was in force, one character a column: `<` and `>` where the story does not hold its beginning or end, `▓` once it was narrowed. */
export function faultLine({ fromTs, toTs, narrowedTs }: FaultPeriod, axis: Axis): string {
  const from = fromTs === null ? 0 : columnAt(axis, fromTs);
  const to = toTs === null ? axis.columns - 1 : Math.max(from, columnAt(axis, toTs));
  const narrowed = narrowedTs[0] === undefined ? to + 1 : columnAt(axis, narrowedTs[0]);
  const cells = Array.from({ length: axis.columns }, (_, column) => {
    if (column < from || column > to) return " ";
    if (column === to && toTs === null) return ">";
    if (column === 0 && fromTs === null) return "<";
    return column >= narrowed ? "▓" : "█";
  });
  return cells.join("");
}
