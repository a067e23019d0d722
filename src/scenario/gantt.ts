/** A timeline as a chart for a terminal: a row for every fault, bars on one axis, a chart of its own for what waits for a trigger. */
import type { ChalkInstance } from "chalk";
import { describeFault } from "../chaos/fault.js";
import { formatDuration } from "../core/duration.js";
import { type Occurrence, type Timeline, describeTrigger } from "./timeline.js";

export interface GanttOptions {
  /** Columns of the terminal. */
  readonly width: number;
  readonly chalk: ChalkInstance;
}

const leastBars = 20;
const mostWords = 60;

export function renderGantt(timeline: Timeline, { width, chalk }: GanttOptions): string {
  const { occurrences, storm } = timeline;
  const sections = [...new Set(occurrences.map(({ trigger }) => JSON.stringify(trigger)))].map((key) =>
    occurrences.filter(({ trigger }) => JSON.stringify(trigger) === key),
  );
  const endMs = Math.max(1, storm?.durationMs ?? 0, ...occurrences.map(({ offsetMs, durationMs }) => offsetMs + durationMs));
  const words = occurrences.map(wordsOf);
  const columns = columnsFor(words, width);
  const header = [`${timeline.name}`, `seed ${timeline.seed}`, `nodes ${timeline.nodes.map(({ node }) => node).join(",")}`];
  return [
    chalk.bold(header.join(" · ")),
    ...sections.flatMap((section) => {
      const first = section[0];
      if (first === undefined) return [];
      return [
        chalk.dim(`${fit(titleOf(first), columns.words)}  ${axis(endMs, columns.bars)}`),
        ...section.map((one) => row(one, endMs, columns, chalk)),
      ];
    }),
    ...(storm === null ? [] : [chalk.dim(`quiet from ${formatDuration(storm.quietFromMs)} on`)]),
  ].join("\n");
}

/** When, how long, which step, what. */
function wordsOf(occurrence: Occurrence): string {
  const { offsetMs, durationMs, id, action, asked } = occurrence;
  const at = `${occurrence.trigger.on === "start" ? "" : "+"}${clock(offsetMs)}`;
  const lasting = durationMs === 0 ? "" : `for ${formatDuration(durationMs)}`;
  const what = action.by === "plan" ? describeFault(action.fault) : asked;
  return `${at.padStart(6)} ${lasting.padEnd(9)} ${id}: ${what}`;
}

interface Columns {
  readonly words: number;
  readonly bars: number;
}

/** As much for the words as they need, as long as the bars keep a third of the line. */
function columnsFor(words: readonly string[], width: number): Columns {
  const wanted = Math.max(mostWords / 3, ...words.map((text) => text.length));
  const most = Math.max(10, Math.min(mostWords, width - 2 - Math.max(leastBars, Math.floor(width / 3))));
  const taken = Math.min(wanted, most);
  return { words: taken, bars: Math.max(1, width - 2 - taken) };
}

function titleOf({ trigger }: Occurrence): string {
  if (trigger.on === "start") return "";
  const words = trigger.on === "step" ? "after" : "when";
  return `${words} ${describeTrigger(trigger)}`;
}

/** `0s        20s       40s`: round times, each where it belongs, as many as fit. */
function axis(endMs: number, bars: number): string {
  const labelWidth = 8;
  const ticks = Math.max(1, Math.floor(bars / labelWidth));
  const stepMs = roundSteps.find((step) => endMs / step <= ticks) ?? endMs;
  let line = "";
  for (let at = 0; at <= endMs; at += stepMs) {
    const label = clock(at);
    const column = columnOf(at, endMs, bars);
    if (column + label.length <= bars && column >= line.length) line = line.padEnd(column) + label;
  }
  return line;
}

const roundSteps = [100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 1_800_000, 3_600_000]; // prettier-ignore

function row(occurrence: Occurrence, endMs: number, columns: Columns, chalk: ChalkInstance): string {
  const { offsetMs, durationMs, action } = occurrence;
  const from = Math.min(columns.bars - 1, columnOf(offsetMs, endMs, columns.bars));
  const to = Math.max(from + 1, columnOf(offsetMs + durationMs, endMs, columns.bars));
  const block = durationMs === 0 ? "|" : action.by === "plan" ? "█" : "▒";
  const bar = " ".repeat(from) + chalk.yellow(block.repeat(to - from));
  return `${fit(wordsOf(occurrence), columns.words)}  ${bar}`;
}

/** A place on the axis: `0s`, where a duration of nothing would be `0ms`. */
function clock(ms: number): string {
  return ms === 0 ? "0s" : formatDuration(ms);
}

function columnOf(atMs: number, endMs: number, bars: number): number {
  return Math.round((atMs / endMs) * bars);
}

function fit(text: string, width: number): string {
  return text.length <= width ? text.padEnd(width) : `${text.slice(0, width - 1)}…`;
}
