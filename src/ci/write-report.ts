import { appendFile, mkdir, open, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import path from "node:path";
import type { Report } from "../cluster/steps.js";
import { DeviousError, messageOf } from "../core/errors.js";
import { renderAnnotations } from "./report/annotations.js";
import { renderJobSummary } from "./report/job-summary.js";
import { renderJUnit } from "./report/junit.js";
import type { CiReport } from "./report/report.js";

/** Whom a report is for besides the one who typed the command. */
export interface Readers {
  /** Path of the JUnit file; null: nobody wants one. */
  readonly junit: string | null;
  /** GitHub's runner listens, and shows what is in this file; null: it does not listen. */
  readonly github: { readonly summary: string | null } | null;
}

/**
 * The readers that a command line and the environment name; `junit` is relative to `folder`. Throws USAGE where the JUnit file cannot be
 * written: better before the work than after it.
 */
export async function openReaders(
  junit: string | undefined,
  folder: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Readers> {
  const file = junit === undefined ? null : path.resolve(folder, junit);
  if (file !== null) await assertWritable(file);
  return { junit: file, github: githubIn(env) };
}

function githubIn(env: Readonly<Record<string, string | undefined>>): Readers["github"] {
  const given = (name: string): string | null => (env[name] === undefined || env[name] === "" ? null : env[name]);
  return given("GITHUB_ACTIONS") === null ? null : { summary: given("GITHUB_STEP_SUMMARY") };
}

async function assertWritable(file: string): Promise<void> {
  try {
    await mkdir(path.dirname(file), { recursive: true });
    await (await open(file, "a")).close();
  } catch (cause) {
    throw new DeviousError("USAGE", `--junit: ${file} cannot be written: ${messageOf(cause)}`, { cause });
  }
}

/**
 * Writes a report for its readers. Annotations go to stderr, which GitHub's runner reads as well, so that stdout holds results only. What
 * could not be written is told and takes nothing from what was found out.
 */
export async function writeReport(told: CiReport, { junit, github }: Readers, version: string, report: Report): Promise<void> {
  const attempt = async (what: string, write: () => Promise<void>): Promise<void> =>
    write().catch((error: unknown) => report({ type: "note", text: `${what} could not be written: ${messageOf(error)}` }));
  if (junit !== null) {
    await attempt("The JUnit file", () => writeFile(junit, renderJUnit(told, { host: hostname(), version })));
  }
  if (github === null) return;
  for (const line of renderAnnotations(told)) process.stderr.write(`${line}\n`);
  const { summary } = github;
  if (summary !== null) await attempt("The job's summary", () => appendFile(summary, renderJobSummary(told)));
}
