import type { DeviousError } from "../core/errors.js";
import { pasteable } from "./again.js";
import { type CycleOutcome, outcomeText } from "./cycles.js";
import type { Check, CiReport, InflictedFault } from "./report/report.js";

export interface RunReportRequest {
  /** As in the spec, or as typed. */
  readonly cluster: string;
  readonly words: readonly string[];
  readonly startedAt: Date;
  readonly tookMs: number;
  readonly seed: number;
  /** How many cycles were asked for. */
  readonly repeat: number;
  readonly outcomes: readonly CycleOutcome[];
  /** What has ended all; null: nothing. */
  readonly trouble: DeviousError | null;
}

/** What came of `devious run`, for build servers: a check for each cycle. */
export function runReport(request: RunReportRequest): CiReport {
  const { cluster, words, startedAt, tookMs, seed, repeat, outcomes, trouble } = request;
  const what = pasteable(words);
  const checks = outcomes.map((outcome, i) =>
    checkOf(outcome, { service: cluster, what: repeat === 1 ? what : `${what}, cycle ${i + 1}` }),
  );
  const hasFailed = checks.some(({ verdict }) => verdict === "fail");
  return {
    command: "devious run",
    cluster,
    startedAt: startedAt.toISOString(),
    tookMs: Math.round(tookMs),
    verdict: trouble !== null ? "trouble" : hasFailed ? "failed" : "passed",
    trouble: trouble === null ? null : { message: trouble.message, details: trouble.details },
    checks,
    faults: outcomes.flatMap((outcome) => faultsOf(outcome, startedAt)),
    seed,
  };
}

function faultsOf(outcome: CycleOutcome, startedAt: Date): readonly InflictedFault[] {
  if ("error" in outcome || outcome.faults === null) return [];
  const sinceStartMs = (time: string): number => Date.parse(time) - startedAt.getTime();
  return outcome.faults.inflicted.map(({ description, appliedAt, endedAt }) => ({
    description,
    appliedMs: sinceStartMs(appliedAt),
    endedMs: endedAt === null ? null : sinceStartMs(endedAt),
  }));
}

function checkOf(outcome: CycleOutcome, named: Pick<Check, "service" | "what">): Check {
  const begun = { ...named, node: null, tookMs: Math.round(outcome.tookMs) };
  if (outcome.exitCode === 0) return { ...begun, verdict: "pass", why: null, lastLines: [] };
  const why = `${outcomeText(outcome)} · seed ${outcome.seed}`;
  const lastLines = "error" in outcome ? outcome.error.details : [...(outcome.faults?.failed ?? []), ...outcome.troubles];
  return { ...begun, verdict: "fail", why, lastLines };
}
