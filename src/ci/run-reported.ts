import { DeviousError } from "../core/errors.js";
import { type CycleOutcome, type CyclesRequest, runCycles } from "./cycles.js";
import { type RunReportRequest, runReport } from "./run-report.js";
import { type Readers, writeReport } from "./write-report.js";

interface Told extends Pick<RunReportRequest, "cluster" | "words"> {
  readonly readers: Readers;
  readonly version: string;
}

/** {@link runCycles}, and a report for its readers, also of what ends with an error, which leaves as it came; of an interrupt there is none. */
export async function runReported(
  request: Omit<CyclesRequest, "onOutcome">,
  { cluster, words, readers, version }: Told,
): Promise<readonly CycleOutcome[]> {
  const { seed, repeat, signal, report } = request;
  const outcomes: CycleOutcome[] = [];
  const [startedAt, startedMs] = [new Date(), performance.now()];
  const tell = (trouble: DeviousError | null): Promise<void> => {
    const tookMs = performance.now() - startedMs;
    return writeReport(
      runReport({ cluster, words, startedAt, tookMs, seed, repeat, outcomes, trouble }),
      readers,
      version,
      report,
    );
  };
  try {
    await runCycles({ ...request, onOutcome: (outcome) => void outcomes.push(outcome) });
  } catch (error) {
    if (error instanceof DeviousError && !signal.aborted) await tell(error);
    throw error;
  }
  await tell(null);
  return outcomes;
}
