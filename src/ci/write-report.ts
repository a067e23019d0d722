import { appendFile, mkdir, open, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import path from "node:path";
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

/** What the environment says of the build server. */
export function githubIn(env: Readonly<Record<string, string | undefined>>): Readers["github"] {
  const given = (name: string): string | null => (env[name] === undefined || env[name] === "" ? null : env[name]);
  return given("GITHUB_ACTIONS") === null ? null : { summary: given("GITHUB_STEP_SUMMARY") };
}

/** Throws USAGE where the JUnit file cannot be written: better before the work than after it. */
export async function assertWritable({ junit }: Readers): Promise<void> {
  if (junit === null) return;
  try {
    await mkdir(path.dirname(junit), { recursive: true });
    await (await open(junit, "a")).close();
  } catch (cause) {
    throw new DeviousError("USAGE", `--junit: ${junit} cannot be written: ${messageOf(cause)}`, { cause });
  }
}

/**
 * Writes a report for its readers. `say` prints what GitHub's runner reads on any stream; `note` tells what could not be written, which
 * takes nothing from what was found out.
 */
export async function writeReport(
  report: CiReport,
  { junit, github }: Readers,
  version: string,
  { say, note }: { readonly say: (line: string) => void; readonly note: (text: string) => void },
): Promise<void> {
  const attempt = async (what: string, write: () => Promise<void>): Promise<void> =>
    write().catch((error: unknown) => note(`${what} could not be written: ${messageOf(error)}`));
  if (junit !== null) {
    await attempt("The JUnit file", () => writeFile(junit, renderJUnit(report, { host: hostname(), version })));
  }
  if (github === null) return;
  for (const line of renderAnnotations(report)) say(line);
  const { summary } = github;
  if (summary !== null) await attempt("The job's summary", () => appendFile(summary, renderJobSummary(report)));
}
