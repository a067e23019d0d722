import type { Report } from "../cluster/steps.js";
import { formatDuration } from "../core/duration.js";
import { DeviousError } from "../core/errors.js";
import { seedOf } from "../scenario/streams.js";
import { type CycleResult, isForAll } from "./cycle.js";
import { keptText } from "./failed-cluster.js";

/** One of several, as it came out. */
export type CycleOutcome = CycleResult | NotUp;

/** A cluster that did not come up, or not down. */
export interface NotUp {
  readonly cluster: string;
  readonly seed: number;
  readonly exitCode: number;
  /** Until it was given up. */
  readonly tookMs: number;
  readonly error: { readonly code: string; readonly message: string; readonly details: readonly string[] };
}

export interface CyclesRequest {
  readonly seed: number;
  readonly repeat: number;
  readonly failFast: boolean;
  readonly signal: AbortSignal;
  readonly report: Report;
  /** One whole cycle. */
  readonly cycle: (seed: number) => Promise<CycleResult>;
  /** Also of those that come before one that throws. */
  readonly onOutcome: (outcome: CycleOutcome) => void;
}

/** The first has the seed itself, so that it alone repeats any of them. */
export function seedOfCycle(seed: number, cycle: number): number {
  return cycle === 1 ? seed : seedOf(seed, ["cycle", cycle]);
}

/** Cycles one after the other. Throws what the only one throws, and what none of them would be spared. */
export async function runCycles(request: CyclesRequest): Promise<readonly CycleOutcome[]> {
  const { seed, repeat, failFast, signal, report, cycle } = request;
  const outcomes: CycleOutcome[] = [];
  for (let number = 1; number <= repeat; number++) {
    const own = seedOfCycle(seed, number);
    const beganMs = performance.now();
    const outcome = await cycle(own).catch((error: unknown): NotUp => {
      if (repeat === 1 || signal.aborted || !(error instanceof DeviousError) || isForAll(error)) throw error;
      const { code, message, details, exitCode } = error;
      return { cluster: "", seed: own, exitCode, tookMs: performance.now() - beganMs, error: { code, message, details } };
    });
    outcomes.push(outcome);
    request.onOutcome(outcome);
    const count = repeat === 1 ? "" : `${number} of ${repeat}: `;
    report({ type: "note", text: `${count}${outcomeText(outcome)} · seed ${own}` });
    if ("isKept" in outcome && outcome.isKept) report({ type: "note", text: keptText(outcome.cluster) });
    if (outcome.exitCode !== 0 && failFast) break;
  }
  return outcomes;
}

/** `failed: exit code 1 after 2s`. */
export function outcomeText(outcome: CycleOutcome): string {
  if ("error" in outcome) return `failed: ${outcome.error.message.replace(/\.$/, "")}`;
  const { ended, exitCode, tookMs, faults } = outcome;
  const took = `after ${formatDuration(tookMs)}`;
  const came = faults === null ? "" : ` · ${faults.came} ${faults.came === 1 ? "fault" : "faults"}`;
  if (exitCode === 0) return `passed ${took}${came}`;
  switch (ended.by) {
    case "time-limit":
      return `failed: ended by its time limit ${took}${came}`;
    case "signal":
      return `failed: ended by ${ended.signal} ${took}${came}`;
    case "itself":
      return ended.exitCode === 0
        ? `failed: not all faults could be brought about${came}`
        : `failed: exit code ${ended.exitCode} ${took}${came}`;
  }
}

/** `7 of 10 passed; failed: seeds 4, 9 and 12`. */
export function summaryText(outcomes: readonly CycleOutcome[]): string {
  const failed = outcomes.filter(({ exitCode }) => exitCode !== 0).map(({ seed }) => String(seed));
  const passed = `${outcomes.length - failed.length} of ${outcomes.length} passed`;
  const [last] = failed.slice(-1);
  if (last === undefined) return passed;
  return `${passed}; failed: ${failed.length === 1 ? `seed ${last}` : `seeds ${failed.slice(0, -1).join(", ")} and ${last}`}`;
}
