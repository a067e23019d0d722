import type { ChalkInstance } from "chalk";
import { whatOf, whereOf } from "../chaos/fault.js";
import { type Measurement, describeProof } from "../chaos/proof.js";
import type { FaultView, LinkView } from "../chaos/protocol.js";
import { formatDuration } from "../core/duration.js";
import { formatTable } from "./table.js";

/** One line a fault, and one more for each node on which it is not in force. A fault that nothing ends but a person is red. */
export function renderFaults(faults: readonly FaultView[], chalk: ChalkInstance, nowMs: number): string {
  if (faults.length === 0) return chalk.dim("no active faults");
  const header = ["FAULT", "WHAT", "WHERE", "SINCE", "LEFT", "PROOF"].map((title) => chalk.dim(title));
  const lines = formatTable([header, ...faults.map((fault) => faultRow(fault, chalk, nowMs))]).split("\n");
  const troubles = faults.map((fault) =>
    Object.entries(fault.troubles).map(([node, why]) => chalk.red(`    ${fault.id} is not in force on ${node}: ${why}`)),
  );
  return lines.flatMap((line, at) => [line, ...(troubles[at - 1] ?? [])]).join("\n");
}

function faultRow(
  { id, fault, startedAtMs, timeLeftMs, proof }: FaultView,
  chalk: ChalkInstance,
  nowMs: number,
): readonly string[] {
  return [
    chalk.bold(id),
    chalk.yellow(whatOf(fault)),
    whereOf(fault),
    sinceOf(nowMs - startedAtMs),
    timeLeftMs === null ? chalk.red("until healed") : formatDuration(Math.ceil(timeLeftMs / 100) * 100),
    proof === null ? "-" : describeProof(proof),
  ];
}

/** `12s ago`; in the first second, and where the engine's clock is ahead of ours, `just now`. */
function sinceOf(agoMs: number): string {
  return agoMs < 1000 ? "just now" : `${formatDuration(Math.floor(agoMs / 1000) * 1000)} ago`;
}

/** `links: eu <-> us delay 80ms`, one line each, and one more for each node on which it is not so. */
export function renderLinks(links: readonly LinkView[], chalk: ChalkInstance): readonly string[] {
  return links.flatMap(({ description, between, troubles }) => [
    `links: ${description}`,
    ...Object.entries(troubles).map(([node, why]) => chalk.red(`    ${between.join(" <-> ")} is not so on ${node}: ${why}`)),
  ]);
}

/** What was asked beside what was measured, one line each. */
export function renderMeasurements(measurements: readonly Measurement[], chalk: ChalkInstance): string {
  const markOf = (ok: boolean | null): string => (ok === null ? chalk.dim("-") : ok ? chalk.green("✔") : chalk.red("✖"));
  return formatTable(
    measurements.map(({ what, asked, measured, ok }) => [
      `  ${markOf(ok)} ${what}`,
      `asked ${asked}`,
      // where nothing was felt, it says so itself
      ok === null ? chalk.dim(measured) : `measured ${measured}`,
    ]),
  );
}
