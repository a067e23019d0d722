/** One tier of tests, and what all of them came to. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../setup/checkout.js";
import { runHere } from "../setup/run.js";
import { Trouble } from "../setup/trouble.js";
import { programOf } from "./tool.js";

const sum = { passed: 0, failed: 0, skipped: 0 };

/** Runs the vitest project `name`. In CI a test of the docker or guest tier that was skipped has failed: it proved nothing. */
export async function tier(name) {
  const folder = mkdtempSync(join(tmpdir(), "devious-test-"));
  const reportFile = join(folder, "report.json");
  try {
    const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${reportFile}`];
    const exitCode = await runHere(process.execPath, [programOf("vitest"), "run", "--project", name, ...reporters]);
    const skipped = count(reportFile);
    if (exitCode !== 0) throw new Trouble(`Tier ${name} failed (exit code ${exitCode}).`);
    if (skipped > 0 && name !== "unit" && process.env.CI)
      throw new Trouble(`Tier ${name}: ${skipped} skipped, and in CI a skip is a failure.`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function count(reportFile) {
  const report = read(reportFile);
  const skipped = report.numPendingTests + report.numTodoTests;
  sum.passed += report.numPassedTests;
  sum.failed += report.numFailedTests;
  sum.skipped += skipped;
  for (const title of skippedIn(report)) console.log(`skipped: ${title}`);
  for (const { fullName, why } of triedAgainIn(report)) console.log(`passed only when tried again: ${fullName}: ${why}`);
  return skipped;
}

/** Groups that were skipped, once each; the title of a group that needs something says what it found instead. */
function skippedIn({ testResults = [] }) {
  const tests = testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status }) => status === "skipped" || status === "pending");
  return new Set(tests.map(({ ancestorTitles: [group], title }) => group || title));
}

/** Tests that passed and had failed before, with what was wrong then: nobody looks at a retry that says nothing. */
function triedAgainIn({ testResults = [] }) {
  return testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status, failureMessages }) => status === "passed" && failureMessages.length > 0)
    .map(({ fullName, failureMessages }) => ({ fullName, why: failureMessages.map(oursOf).join("\n") }));
}

/** A message, and where in our files it came about. */
function oursOf(failureMessage) {
  return failureMessage
    .split("\n")
    .filter((line) => !line.startsWith("    at ") || (line.includes(root) && !line.includes("node_modules")))
    .join("\n");
}

/** A vitest that never came to its report ran nothing that counts. */
function read(reportFile) {
  try {
    return JSON.parse(readFileSync(reportFile, "utf8"));
  } catch {
    return { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0 };
  }
}

/** A run that ended badly has failed at least once, whatever failed: set-up, a tool, or a test. */
export function total(exitCode = 0) {
  return { ...sum, failed: exitCode === 0 ? sum.failed : Math.max(1, sum.failed) };
}
