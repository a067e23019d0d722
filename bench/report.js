/** The lines of the benchmark, as text: what was asked for beside what was measured. */
import { median, ratio } from "./figures.js";

/**
 * A line that compares with a floor measured in the same run.
 * @param {number[]} thing milliseconds, one a round  @param {number[]} floor the same of what it is compared to
 */
export function ratioLine(what, { thing, floor, asked, floorName }) {
  const measured = ratio(thing, floor);
  const verdict = measured <= asked ? "within" : "OVER";
  const basis = `${ms(median(thing))} against ${ms(median(floor))} (${floorName}), ${thing.length} rounds`;
  return [what, `≤ ${asked} ×`, `${measured.toFixed(2)} ×`, verdict, basis];
}

/** A line that has a limit of its own, in milliseconds; `basis` says what was timed. */
export function limitLine(what, { thing, askedMs, basis }) {
  const measured = median(thing);
  const verdict = measured <= askedMs ? "within" : "OVER";
  return [what, `≤ ${askedMs} ms`, ms(measured), verdict, `${basis}, ${thing.length} rounds`];
}

/** A line that has to be so many times as fast as what it is compared to. */
export function atLeastLine(what, { thing, floor, asked, floorName }) {
  const measured = 1 / ratio(thing, floor);
  const verdict = measured >= asked ? "within" : "UNDER";
  const basis = `${ms(median(thing))} against ${ms(median(floor))} (${floorName}), ${thing.length} rounds`;
  return [what, `≥ ${asked} ×`, `${measured.toFixed(measured < 2 ? 2 : 1)} ×`, verdict, basis];
}

/** A line that could not be measured, and why. */
export function missingLine(what, why) {
  return [what, "", "–", "", why];
}

export function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

export function ms(milliseconds) {
  return milliseconds < 10 ? `${milliseconds.toFixed(2)} ms` : `${milliseconds.toFixed(0)} ms`;
}

export function megabytes(bytes) {
  return `${(bytes / 2 ** 20).toFixed(0)} MB`;
}
