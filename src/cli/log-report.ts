/** Reports on a whole log, which is read to its end first. */
import { writeFile } from "node:fs/promises";
import type { ChalkInstance } from "chalk";
import { shiviz } from "../logs/causal/shiviz.js";
import { renderSummary } from "../logs/summary/render.js";
import { createSummary } from "../logs/summary/summary.js";
import type { LogQuestion } from "./log-question.js";
import { type LogSource, type Telling, logRecords } from "./log-view.js";

export interface Paper {
  readonly chalk: ChalkInstance;
  /** Columns; undefined where nobody knows. */
  readonly width: number | undefined;
}

/** What there is in a log at a glance, or the same as JSON. */
export async function summarize(question: LogQuestion, source: LogSource, telling: Telling, paper: Paper): Promise<string> {
  const summary = createSummary();
  for await (const record of logRecords(question, source, telling)) summary.add(record);
  return question.isJson ? JSON.stringify(summary.result(), undefined, 2) : renderSummary(summary.result(), paper);
}

/** Writes the file, and says so in a sentence. */
export async function exportShiviz(question: LogQuestion, source: LogSource, telling: Telling, file: string): Promise<string> {
  const records = [];
  for await (const record of logRecords(question, source, telling)) records.push(record);
  const text = shiviz(records);
  await writeFile(file, text);
  return `${file}: what happened before what, for ShiViz (https://bestchai.bitbucket.io/shiviz/)`;
}
