import { DeviousError } from "../../core/errors.js";
import { type Outcome, type Stage, perform } from "../../scenario/perform.js";
import type { Timeline } from "../../scenario/timeline.js";
import type { Check, InflictedFault } from "../report/report.js";

interface PlayOptions {
  readonly signal: AbortSignal;
  /** Since the report's beginning, at this moment. */
  readonly sinceStartMs: () => number;
  readonly onCheck: (check: Check) => void;
  readonly onFault: (fault: InflictedFault) => void;
}

/** Plays a scenario to its end, each of its faults a check: it came, and went. What the machine's kernel cannot do is skipped. */
export async function playScenario(timeline: Timeline, stage: Stage, options: PlayOptions): Promise<void> {
  const { signal, sinceStartMs, onCheck, onFault } = options;
  const beganMs = sinceStartMs();
  const impossible = new Set<string>();
  const descriptions = new Map<string, string>();
  const noting: Stage = {
    ...stage,
    apply: (action, how) =>
      stage.apply(action, how).catch((error: unknown) => {
        if (error instanceof DeviousError && error.code === "NETEM_MISSING") impossible.add(error.message);
        throw error;
      }),
  };
  await perform(timeline, noting, {
    signal,
    failFast: false,
    onApplied: (occurrence, applied) => void descriptions.set(occurrence.id, applied.description),
    onOver: (occurrence, outcome) => {
      const { id, asked } = occurrence;
      const { appliedMs, endedMs, plannedMs, why } = outcome;
      if (appliedMs !== null) {
        const shifted = endedMs === null ? null : endedMs + beganMs;
        onFault({ description: descriptions.get(id) ?? asked, appliedMs: appliedMs + beganMs, endedMs: shifted });
      }
      const tookMs = Math.max(0, (endedMs ?? appliedMs ?? plannedMs ?? 0) - (plannedMs ?? 0));
      const verdict = verdictOf(outcome, impossible);
      onCheck({ service: `scenario ${timeline.name}`, node: null, what: `${id}: ${asked}`, verdict, tookMs, why, lastLines: [] });
    },
  });
}

/** What a scenario waited for in vain is a failure: it says what has to happen. */
function verdictOf({ result, why }: Outcome, impossible: ReadonlySet<string>): Check["verdict"] {
  if (result === "done") return "pass";
  if (result === "interrupted" || (why !== null && impossible.has(why))) return "skip";
  return "fail";
}
