/** A report as Markdown for the page of a GitHub job. What nodes said stands in it as text, whatever it looks like. */
import { formatDuration } from "../../core/duration.js";
import { cutMiddle } from "./cut-middle.js";
import { plainText } from "./plain-text.js";
import { type Check, type CiReport, type InflictedFault, type Verdict, countOf, titleOf } from "./report.js";

/** Bytes. All parts together stay under 200 kB, whatever happened; GitHub takes 1 MiB for a step, and shows less than that badly. */
const roomFor = { checks: 70_000, faults: 15_000, lastLines: 70_000, block: 20_000 };
/** Of one cell and one line; what is longer is told by the logs. */
const cellLength = 300;
const lineLength = 500;
const linesMost = 50;

const signs: Readonly<Record<Verdict, string>> = { pass: "✅", fail: "❌", skip: "➖" };
const heads = { passed: "✅ passed", failed: "❌ failed", trouble: "❌ could not be carried out" } as const;

export function renderJobSummary(report: CiReport): string {
  const { command, cluster, verdict, checks, faults, trouble, tookMs, seed } = report;
  const told = [
    `${countOf(checks, "pass")} of ${checks.length} checks passed`,
    ...(countOf(checks, "fail") > 0 ? [`${countOf(checks, "fail")} failed`] : []),
    ...(countOf(checks, "skip") > 0 ? [`${countOf(checks, "skip")} skipped`] : []),
    `took ${formatDuration(tookMs)}`,
    ...(seed === null ? [] : [`seed ${seed}`]),
  ];
  const parts = [
    `### ${cell(command)} ${cell(cluster)}: ${heads[verdict]}`,
    `${told.join(" · ")}`,
    ...(trouble === null ? [] : [`**${cell(trouble.message)}**`, ...linesBlock("What was said last", trouble.details)]),
    ...(checks.length === 0 ? [] : [tableOfChecks(checks)]),
    ...(faults.length === 0 ? [] : [tableOfFaults(faults)]),
    ...lastLinesOf(checks),
  ];
  return `${parts.join("\n\n")}\n`;
}

const bytes = (text: string): number => Buffer.byteLength(text) + 2;

function tableOfChecks(checks: readonly Check[]): string {
  const row = (check: Check): string =>
    `| ${signs[check.verdict]} | ${cell(check.service)} | ${cell(titleOf(check))} | ${formatDuration(check.tookMs)} | ${cell(check.why ?? "")} |`;
  const rows = cutMiddle(checks.map(row), roomFor.checks, bytes, (left) => `| | | … ${left} checks left out … | | |`);
  return ["| | service | check | took | |", "|---|---|---|--:|---|", ...rows].join("\n");
}

function tableOfFaults(faults: readonly InflictedFault[]): string {
  const row = ({ description, appliedMs, endedMs }: InflictedFault): string =>
    `| ${formatDuration(appliedMs)} | ${cell(description)} | ${endedMs === null ? "" : formatDuration(endedMs - appliedMs)} |`;
  const rows = cutMiddle(faults.map(row), roomFor.faults, bytes, (left) => `| | … ${left} faults left out … | |`);
  return ["| at | fault | lasted |", "|--:|---|--:|", ...rows].join("\n");
}

/** What nodes said whose checks failed, folded. */
function lastLinesOf(checks: readonly Check[]): readonly string[] {
  const blocks = checks.flatMap((check) => linesBlock(`${check.service}, ${titleOf(check)}`, check.lastLines));
  return cutMiddle(blocks, roomFor.lastLines, bytes, (left) => `… the last lines of ${left} checks left out …`);
}

/** In a `pre` no line means anything to Markdown, not even an empty one. */
function linesBlock(title: string, lines: readonly string[]): readonly string[] {
  if (lines.length === 0) return [];
  const all = lines.map((line) => escapeHtml(plainStart(line, lineLength).replaceAll("\n", " ")));
  // a short line counts for more than its bytes, so that there are not too many
  const weight = (line: string): number => Math.max(bytes(line), roomFor.block / linesMost);
  const shown = cutMiddle(all, roomFor.block, weight, (left) => `… ${left} lines left out …`);
  return [`<details><summary>${escapeHtml(oneLine(title))}</summary>\n\n<pre>\n${shown.join("\n")}\n</pre>\n\n</details>`];
}

/** Text in a line of Markdown: an entity stands for its sign and begins no structure. Dots between words would make links. */
function cell(text: string): string {
  return oneLine(text).replace(/[!-&*+/:-@[-`{-~]|\.(?=\S)/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

function oneLine(text: string): string {
  return plainStart(text, cellLength).replace(/\s+/g, " ").trim();
}

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };

function escapeHtml(text: string): string {
  return text.replace(/[&<>]/g, (sign) => entities[sign] ?? sign);
}

/** The beginning of a text, none of its signs half. What nobody will see is not looked at. */
function plainStart(text: string, most: number): string {
  const plain = plainText(text.slice(0, 4 * most));
  if (plain.length <= most && text.length <= 4 * most) return plain;
  return `${plain.slice(0, most - 1).replace(/\p{Cs}$/u, "")}…`;
}
