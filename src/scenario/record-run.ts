import { filedAs } from "../cluster/made.js";
import type { Observed } from "../cluster/observe.js";
import { createRunFile } from "../workspace/run-file.js";
import { type Outcome, type PerformOptions, perform } from "./perform.js";
import type { RunRecord } from "./replay.js";
import { type StageEngine, clusterStage } from "./stage.js";
import type { Timeline } from "./timeline.js";

export interface RecordedRun {
  readonly record: RunRecord;
  /** Where it is kept. */
  readonly file: string;
}

/** Plays the timeline on a cluster and keeps a record in `folder` that is never older than the last fault. */
export async function performRecorded(
  engine: StageEngine,
  found: Observed,
  timeline: Timeline,
  options: PerformOptions & Pick<RunRecord, "specHash" | "scenarioHash"> & { readonly folder: string },
): Promise<RecordedRun> {
  const { folder, specHash, scenarioHash } = options;
  const startedAt = new Date();
  const file = createRunFile(folder, filedAs(found), timeline.name, startedAt);
  const outcomes: Outcome[] = [];
  const begun = { version: 1, cluster: found.name, specHash, scenarioHash, startedAt: startedAt.toISOString() } as const;
  const record = (endedAt: string | null): RunRecord => ({ ...begun, endedAt, timeline, outcomes });
  await file.write(record(null));
  await perform(timeline, clusterStage(engine, found.name), {
    ...options,
    onOver: (occurrence, outcome) => {
      outcomes.push(outcome);
      // what the end of the run has cut off before it began is in the last one
      if (outcome.result !== "interrupted" || outcome.faultId !== null) void file.write(record(null));
      options.onOver(occurrence, outcome);
    },
  });
  const ended = record(new Date().toISOString());
  await file.write(ended);
  return { record: ended, file: file.path };
}
