/** Reports on a whole log, which is read to its end first. */
import { writeFile } from "node:fs/promises";
import { shiviz } from "../logs/causal/shiviz.js";
import type { LogQuestion } from "./log-question.js";
import { type LogSource, type Telling, logRecords } from "./log-view.js";

/** Writes the file, and says so in a sentence. */
export async function exportShiviz(question: LogQuestion, source: LogSource, telling: Telling, file: string): Promise<string> {
  const records = [];
  for await (const record of logRecords(question, source, telling)) records.push(record);
  const text = shiviz(records);
  await writeFile(file, text);
  return `${file}: what happened before what, for ShiViz (https://bestchai.bitbucket.io/shiviz/)`;
}
