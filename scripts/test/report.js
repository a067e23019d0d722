/** What vitest's JSON report says of the files it ran. https://vitest.dev/guide/reporters#json-reporter */
import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { root } from "../setup/checkout.js";

/** The results of each file. A vitest that never came to its report ran nothing that counts. */
export function resultsIn(reportFile) {
  try {
    return JSON.parse(readFileSync(reportFile, "utf8")).testResults;
  } catch {
    return [];
  }
}

/** The results, with those of files that ran again in the place of what they were before. */
export function replaced(before, again) {
  const latest = new Map(again.map((result) => [result.name, result]));
  return before.map((result) => latest.get(result.name) ?? result);
}

/** Paths of the files in which something failed: a test, or what was to come before the tests. */
export function failedFiles(results) {
  return results.filter(({ status }) => status === "failed").map(({ name }) => name);
}

export function counts(results) {
  const all = results.flatMap(({ assertionResults }) => assertionResults);
  const withStatus = (...wanted) => all.filter(({ status }) => wanted.includes(status)).length;
  return { passed: withStatus("passed"), failed: withStatus("failed"), skipped: withStatus("skipped", "pending", "todo") };
}

/** Groups that were skipped, once each; the title of a group that needs something says what it found instead. */
export function skippedGroups(results) {
  const tests = results
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status }) => status === "skipped" || status === "pending");
  return new Set(tests.map(({ ancestorTitles: [group], title }) => group || title));
}

/** What failed, be it that it passed when vitest tried it again, and what was wrong then. */
export function failures(results) {
  return results.flatMap(({ name, status, message, assertionResults }) => {
    const ofTests = assertionResults
      .filter(({ failureMessages }) => failureMessages.length > 0)
      .map(({ fullName, failureMessages }) => `${fullName}: ${failureMessages.map(oursOf).join("\n")}`);
    // vitest says nothing of the hooks of a group
    const ofFile = message || (status === "failed" && ofTests.length === 0 ? "what comes before its tests" : "");
    return [...(ofFile ? [ofFile] : []), ...ofTests].map((failure) => `${relative(root, name)}: ${failure}`);
  });
}

/** A message, and where in our files it came about. */
function oursOf(failureMessage) {
  return failureMessage
    .split("\n")
    .filter((line) => !line.startsWith("    at ") || (line.includes(root) && !line.includes("node_modules")))
    .join("\n");
}
