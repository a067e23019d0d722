import type { ChalkInstance } from "chalk";
import { formatDuration } from "../../core/duration.js";
import { chaosNode, levels, type Level } from "../../core/log-record.js";
import { displayWidth } from "../pretty/display-width.js";
import { msOfStamp, stampOfMs } from "../stamp.js";
import { axisOf, clockOf, inColumns, sparkline, type Axis } from "./axis.js";
import { counted, cut, fit, grouped } from "./columns.js";
import type { NodeCounts, Summary } from "./summary.js";
import { levelPaint, renderTemplates, type Paint } from "./template-list.js";
import type { LevelCounts } from "./time-buckets.js";
import { faultLine, leaderLine } from "./timeline.js";

export interface RenderOptions {
  /** Decides about colours: `new Chalk({ level: 0 })` writes plain text. */
  readonly chalk: ChalkInstance;
  /** Columns of the terminal; less than 60 are taken for 60. */
  readonly width: number;
}

const leastWidth = 60;
const templatesShown = 12;
const newTroublesShown = 8;
const faultsShown = 20;

/** The story for a person, without the last newline: counts over time, elections and faults on the same time line, what is new, what is frequent. */
export function renderSummary(summary: Summary, { chalk, width: asked }: RenderOptions): string {
  if (summary.records === 0) return "There are no records.";
  const width = Math.max(leastWidth, asked);
  const rows = { counts: countRows(summary, chalk), events: eventRows(summary, chalk) };
  const layout = layoutOf(summary, [...rows.counts.nodes, ...rows.counts.levels, ...rows.events.rows], width);
  const clock = clockOf(layout.axis);
  const draw = (row: Row): string => drawRow(row, layout);
  const page = { chalk, width };
  const list = { ...page, clock };
  const sections: readonly (readonly string[])[] = [
    header(summary, chalk, clock, width),
    [
      titled(page, "Records over time", `a column is ${formatDuration(layout.axis.columnMs)}`),
      ruler(layout, chalk),
      ...rows.counts.nodes.map(draw),
    ],
    rows.counts.levels.map(draw),
    rows.events.rows.length === 0
      ? []
      : [titled(page, "Elections and faults", rows.events.note), ruler(layout, chalk), ...rows.events.rows.map(draw)],
    newSection(summary, page, clock, (shown) => renderTemplates(shown, list)),
    [
      titled(page, "Most frequent messages", ofAll(Math.min(templatesShown, summary.templates.length), summary.templates.length)),
      ...renderTemplates(summary.templates.slice(0, templatesShown), list),
      ...forgotten(summary, page),
    ],
  ];
  return sections
    .flatMap((lines) => (lines.length === 0 ? [] : ["", ...lines]))
    .slice(1)
    .join("\n");
}

/** One line of the chart: a name, what happened over time, and words beside it. */
interface Row {
  readonly label: string;
  /** Characters for the columns of the axis, coloured already. */
  readonly line: (axis: Axis) => string;
  readonly words: string;
  readonly paint: Paint;
}

interface Layout {
  readonly axis: Axis;
  readonly labelWidth: number;
  readonly wordsWidth: number;
}

/** The names get a sixth of the width at most, the words a third, the time line all the rest. */
function layoutOf({ buckets }: Summary, rows: readonly Row[], width: number): Layout {
  const widest = (texts: readonly string[], least: number, most: number): number =>
    Math.min(Math.max(least, most), Math.max(least, ...texts.map(displayWidth)));
  const labelWidth = widest(rows.map(({ label }) => label), 5, Math.floor(width / 6)); // prettier-ignore
  const wordsWidth = widest(rows.map(({ words }) => words), 10, Math.floor(width / 3)); // prettier-ignore
  const axis = axisOf(buckets, width - labelWidth - wordsWidth - 4);
  // what the time line does not need goes to the words
  return { axis, labelWidth, wordsWidth: width - labelWidth - axis.columns - 4 };
}

function drawRow({ label, line, words, paint }: Row, { axis, labelWidth, wordsWidth }: Layout): string {
  return `${paint(fit(label, labelWidth))}  ${line(axis)}  ${paint(cut(words, wordsWidth))}`.trimEnd();
}

/** Times above the time line, each where it belongs, as many as fit. */
function ruler({ axis, labelWidth }: Layout, chalk: ChalkInstance): string {
  if (axis.fromMs === null) return "";
  const clock = clockOf(axis);
  let line = "";
  for (let column = 0; column < axis.columns; column++) {
    if (line !== "" && column < line.length + 3) continue;
    const label = clock(stampOfMs(axis.fromMs + column * axis.columnMs));
    if (line === "" || column + label.length <= axis.columns) line = line.padEnd(column) + label;
  }
  return chalk.dim(" ".repeat(labelWidth + 2) + line);
}

function titled({ chalk, width }: RenderOptions, title: string, note: string): string {
  return note === "" ? chalk.bold(title) : `${chalk.bold(title)} ${chalk.dim(cut(`(${note})`, width - title.length - 1))}`;
}

function header(summary: Summary, chalk: ChalkInstance, clock: Paint, width: number): string[] {
  const { fromTs, toTs, records, nodes } = summary;
  const time =
    fromTs === null || toTs === null
      ? []
      : [`${clock(fromTs)}–${clock(toTs)}`, formatDuration(msOfStamp(toTs) - msOfStamp(fromTs))];
  const speakers = nodes.filter(({ node }) => node !== chaosNode);
  const facts = [...time, counted(records, "record"), counted(speakers.length, "node")];
  return [chalk.bold(cut(facts.join(" · "), width))];
}

/** Nodes share one scale, so that they can be compared; each level has its own, so that rare ones show. */
function countRows(summary: Summary, chalk: ChalkInstance): { nodes: Row[]; levels: Row[] } {
  const peakOf = (axis: Axis): number =>
    Math.max(...summary.nodes.map(({ counts }) => Math.max(...inColumns(axis, allOf(counts)))));
  const nodes = summary.nodes.map((node): Row => ({
    label: node.node,
    line: (axis) => paintedSparkline(node, axis, peakOf(axis), chalk),
    words: wordsOf(node),
    paint: (text) => text,
  }));
  const ofLevels = levels
    .filter((level) => summary.levels[level] > 0)
    .map((level): Row => {
      const paint = levelPaint(chalk, level);
      return {
        label: level,
        line: (axis) => {
          const counts = inColumns(axis, sumOf(summary.nodes.map((node) => node.counts[level] ?? [])));
          return paint(sparkline(counts, Math.max(...counts)).join(""));
        },
        words: grouped(summary.levels[level]),
        paint,
      };
    });
  return { nodes, levels: ofLevels };
}

const troubles: readonly Level[] = ["fatal", "error"];

/** Columns with errors in them are red, with warnings yellow. */
function paintedSparkline({ counts }: NodeCounts, axis: Axis, peak: number, chalk: ChalkInstance): string {
  const bars = sparkline(inColumns(axis, allOf(counts)), peak);
  const errors = inColumns(axis, sumOf(troubles.map((level) => counts[level] ?? [])));
  const warnings = inColumns(axis, counts.warn ?? []);
  const paintAt = (at: number): Paint => ((errors[at] ?? 0) > 0 ? chalk.red : (warnings[at] ?? 0) > 0 ? chalk.yellow : plain);
  return bars.map((bar, at) => paintAt(at)(bar)).join("");
}

function plain(text: string): string {
  return text;
}

function wordsOf({ records, counts }: NodeCounts): string {
  const errors = sumOf(troubles.map((level) => counts[level] ?? [])).reduce((sum, count) => sum + count, 0);
  return errors === 0 ? grouped(records) : `${grouped(records)}, ${counted(errors, "error")}`;
}

function allOf(counts: LevelCounts): number[] {
  return sumOf(levels.map((level) => counts[level] ?? []));
}

function sumOf(lists: readonly (readonly number[])[]): number[] {
  const length = Math.max(0, ...lists.map((list) => list.length));
  return Array.from({ length }, (_, at) => lists.reduce((sum, list) => sum + (list[at] ?? 0), 0));
}

/** A row for each service that elects, then one for each of the latest faults. */
function eventRows({ elections, faults, dropped }: Summary, chalk: ChalkInstance): { rows: Row[]; note: string } {
  const services = [...new Set(elections.map(({ service }) => service))].sort();
  const leaders = services.map((service): Row => {
    // a late one is out of order
    const own = elections
      .filter((election) => election.service === service)
      .sort((a, b) => (a.ts < b.ts ? -1 : a.ts > b.ts ? 1 : 0));
    const term = own.at(-1)?.term ?? null;
    const count = counted(own.length, "election");
    return {
      label: services.length === 1 ? "leader" : `${service} leader`,
      line: (axis) => chalk.cyan(leaderLine(own, axis)),
      words: term === null ? count : `${count}, term ${term}`,
      paint: plain,
    };
  });
  const shown = faults.slice(-faultsShown).map((span): Row => ({
    label: span.fault,
    line: (axis) => chalk.yellow(faultLine(span, axis)),
    words: span.what,
    paint: plain,
  }));
  const hidden = faults.length - shown.length + dropped.faults;
  const notes = [
    ...(hidden === 0 ? [] : [`without ${counted(hidden, "earlier fault")}`]),
    ...(dropped.elections === 0 ? [] : [`without ${counted(dropped.elections, "earlier election")}`]),
  ];
  return { rows: [...leaders, ...shown], note: notes.join(", ") };
}

function newSection(
  { newTroubles: { sinceTs, templates } }: Summary,
  page: RenderOptions,
  clock: Paint,
  render: (shown: Summary["templates"]) => string[],
): string[] {
  if (sinceTs === null) return [];
  const title = `New warnings and errors since ${clock(sinceTs)}`;
  if (templates.length === 0) return [titled(page, title, "none")];
  const shown = templates.slice(0, newTroublesShown);
  return [titled(page, title, ofAll(shown.length, templates.length)), ...render(shown)];
}

function forgotten({ dropped: { templates, templateRecords } }: Summary, { chalk, width }: RenderOptions): string[] {
  if (templates === 0) return [];
  const words = `${counted(templates, "rare template")} with ${counted(templateRecords, "record")} left out`;
  return [chalk.dim(cut(words, width))];
}

/** `12 of 84`, or the number alone where all are there. */
function ofAll(shown: number, all: number): string {
  return shown === all ? counted(all, "template") : `${grouped(shown)} of ${counted(all, "template")}`;
}
