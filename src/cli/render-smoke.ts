import type { ChalkInstance } from "chalk";
import { type Check, type CiReport, countOf, titleOf } from "../ci/report/report.js";
import { plainText } from "../ci/report/plain-text.js";
import { formatDuration } from "../core/duration.js";

/** A check that is over. Lines of nodes stand behind a bar, lest a build server takes one for a command to itself. */
export function renderCheck(check: Check, chalk: ChalkInstance): string {
  const sign = { pass: chalk.green("✔"), fail: chalk.red("✖"), skip: chalk.dim("–") }[check.verdict];
  const why = check.why === null ? "" : `: ${plainText(check.why).replaceAll("\n", " ")}`;
  const told = check.verdict === "fail" ? chalk.red(why) : chalk.dim(why);
  const head = `${sign} ${check.service} · ${titleOf(check)}${told} ${chalk.dim(formatDuration(check.tookMs))}`;
  return [head, ...check.lastLines.map((line) => chalk.dim(`    | ${plainText(line).replaceAll("\n", " ")}`))].join("\n");
}

export function renderVerdict({ cluster, checks, verdict, tookMs }: CiReport, chalk: ChalkInstance): string {
  const [failed, skipped] = [countOf(checks, "fail"), countOf(checks, "skip")];
  const parts = [
    `${countOf(checks, "pass")} of ${checks.length} checks passed`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
  ];
  const colour = verdict === "passed" ? chalk.green : chalk.red;
  return `${colour(`${cluster}: ${parts.join(", ")}`)} ${chalk.dim(`in ${formatDuration(tookMs)}`)}`;
}
