/** Reports on a whole log, which is read to its end first. */
import { writeFile } from "node:fs/promises";
import { shiviz } from "../logs/causal/shiviz.js";
import { jsonText } from "../logs/format.js";
import { renderSummary } from "../logs/summary/render.js";
import { createSummary } from "../logs/summary/summary.js";
import type { LogQuestion } from "./log-question.js";
import { type LogSource, type Telling, logRecords } from "./log-view.js";
import type { Terminal } from "./terminal.js";

export interface Paper extends Pick<Terminal, "chalk" | "draw"> {
  /** Columns; undefined where nobody knows. */
  readonly width: number | undefined;
}

/** As wide as it is where nobody knows how wide it may be. */
const columnsInFiles = 120;

/** What there is in a log at a glance, or the same as JSON. */
export async function summarize(question: LogQuestion, source: LogSource, telling: Telling, paper: Paper): Promise<string> {
  const summary = createSummary({ newSince: question.newSince });
  for await (const record of logRecords(question, source, telling)) summary.add(record);
  const page = summary.result();
  if (question.isJson) return jsonText(page);
  return paper.draw(renderSummary(page, { chalk: paper.chalk, width: paper.width ?? columnsInFiles }));
}

/** Writes the file, and says so in a sentence. */
export async function exportShiviz(question: LogQuestion, source: LogSource, telling: Telling, file: string): Promise<string> {
  const records = [];
  for await (const record of logRecords(question, source, telling)) records.push(record);
  const text = shiviz(records);
  await writeFile(file, text);
  return `${file}: what happened before what, for ShiViz (https://bestchai.bitbucket.io/shiviz/)`;
}
