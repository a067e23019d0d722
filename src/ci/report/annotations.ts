/**
 * A report as commands to GitHub's runner, which it shows beside the job:
 * https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
 */
import { plainText } from "./plain-text.js";
import { type CiReport, countOf, titleOf } from "./report.js";

/** GitHub shows so many of each kind for a step, and leaves out the rest without a word. */
const shownMost = 10;
/** The message stands in a small box. */
const linesMost = 20;

/** One line each, the worst first: trouble, then what failed; last how much was skipped. */
export function renderAnnotations({ command, checks, trouble }: CiReport): readonly string[] {
  const failed = checks.filter(({ verdict }) => verdict === "fail");
  const errors = [
    ...(trouble === null ? [] : [{ title: command, message: trouble.message, lines: trouble.details }]),
    ...failed.map((check) => ({
      title: `${command}: ${check.service}: ${titleOf(check)}`,
      message: check.why ?? "",
      lines: check.lastLines,
    })),
  ];
  const room = errors.length > shownMost ? shownMost - 1 : shownMost;
  const left = errors.length - room;
  const skipped = countOf(checks, "skip");
  return [
    ...errors
      .slice(0, room)
      .map(({ title, message, lines }) => runnerCommand("error", title, [message, ...lines.slice(-linesMost)].join("\n"))),
    ...(left > 0 ? [runnerCommand("error", command, `${left} more failed: the job's summary has them all.`)] : []),
    ...(skipped > 0 ? [runnerCommand("notice", command, `${skipped} of ${checks.length} checks were skipped.`)] : []),
  ];
}

function runnerCommand(kind: "error" | "notice", title: string, message: string): string {
  return `::${kind} title=${escapeProperty(plainText(title))}::${escapeData(plainText(message))}`;
}

/** Percent first: it is what the others are written with. */
function escapeData(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
