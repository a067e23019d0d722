/** One tier of tests, and what all of them came to. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { root } from "../setup/checkout.js";
import { runHere } from "../setup/run.js";
import { Trouble } from "../setup/trouble.js";
import { counts, failedFiles, failures, replaced, resultsIn, skippedGroups } from "./report.js";
import { programOf } from "./tool.js";

/** What had no processor for seconds fails in one file or two. */
const filesRunAgainMax = 3;

const sum = { passed: 0, failed: 0, skipped: 0 };

/**
 * Runs the vitest project `name`. Few files that failed run once more, whole: their clusters are new, and what was wrong is told at the end.
 * In CI a test of the docker or guest tier that was skipped has failed: it proved nothing.
 */
export async function tier(name) {
  let { exitCode, results } = await vitest(name);
  const atFirst = failures(results);
  const files = failedFiles(results);
  // who was interrupted, or never ran, has nothing to repeat
  if (exitCode === 1 && files.length > 0 && files.length <= filesRunAgainMax) {
    console.log(`\n== once more: ${files.map((file) => relative(root, file)).join(", ")}`);
    const again = await vitest(name, files);
    exitCode = again.exitCode;
    results = replaced(results, again.results);
  }
  const { passed, failed, skipped } = counts(results);
  sum.passed += passed;
  sum.failed += failed;
  sum.skipped += skipped;
  for (const title of skippedGroups(results)) console.log(`skipped: ${title}`);
  if (exitCode !== 0) throw new Trouble(`Tier ${name} failed (exit code ${exitCode}).`);
  for (const failure of atFirst) console.log(`passed only when tried again: ${failure}`);
  if (skipped > 0 && name !== "unit" && process.env.CI)
    throw new Trouble(`Tier ${name}: ${skipped} skipped, and in CI a skip is a failure.`);
}

/** Runs the project, or some files of it. */
async function vitest(project, files = []) {
  const folder = mkdtempSync(join(tmpdir(), "devious-test-"));
  const reportFile = join(folder, "report.json");
  try {
    const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${reportFile}`];
    const exitCode = await runHere(process.execPath, [programOf("vitest"), "run", "--project", project, ...reporters, ...files]);
    return { exitCode, results: resultsIn(reportFile) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A run that ended badly has failed at least once, whatever failed: set-up, a tool, or a test. */
export function total(exitCode = 0) {
  return { ...sum, failed: exitCode === 0 ? sum.failed : Math.max(1, sum.failed) };
}
