import { capabilitiesOf } from "../cluster/inject.js";
import { clusterFacts } from "../cluster/facts.js";
import type { Observed } from "../cluster/observe.js";
import type { Report } from "../cluster/steps.js";
import { formatDuration } from "../core/duration.js";
import type { LoadedScenario } from "../scenario/load.js";
import { nodesOfSpec } from "../scenario/nodes.js";
import { performRecorded } from "../scenario/record-run.js";
import type { StageEngine } from "../scenario/stage.js";
import { type ProfileName, planStorm } from "../scenario/storm.js";
import type { Timeline } from "../scenario/timeline.js";
import type { ClusterSpec } from "../spec/cluster-spec.js";

/** Where the faults come from that happen while a command runs. */
export type FaultSource =
  { readonly by: "scenario"; readonly scenario: LoadedScenario } | { readonly by: "storm"; readonly profile: ProfileName };

/** A fault that was brought about; times in RFC 3339. */
export interface InflictedThen {
  readonly description: string;
  readonly appliedAt: string;
  /** Null: nobody saw it end; its deadline has ended it. */
  readonly endedAt: string | null;
}

/** What came of them. */
export interface FaultsResult {
  readonly came: number;
  /** One sentence for each that could not be brought about. */
  readonly failed: readonly string[];
  readonly inflicted: readonly InflictedThen[];
  /** The record, for `chaos run --replay`. */
  readonly file: string;
}

export interface FaultsRequest {
  readonly found: Observed;
  readonly timeline: Timeline;
  /** In which the record is kept. */
  readonly folder: string;
  readonly scenarioHash: string | null;
  readonly report: Report;
}

/** A storm ends with the command, and after so long by itself: the record of one has all that it was to bring. */
const stormMs = 30 * 60_000;

/** What a scenario comes to on the nodes of this spec: its mistakes are told before anything is made. Null for a storm. */
export function planBefore(source: FaultSource, spec: ClusterSpec): Timeline | null {
  return source.by === "scenario" ? source.scenario.plan(spec.seed, nodesOfSpec(spec)) : null;
}

/** The storm on a cluster that is up: what its kernel can do decides what there is to choose from. */
export async function planStormOn(
  engine: StageEngine,
  found: Observed,
  profile: ProfileName,
  seed: number,
  durationMs = stormMs,
): Promise<Timeline> {
  const [{ nodes }, capabilities] = await Promise.all([clusterFacts(engine, found, false), capabilitiesOf(engine, found)]);
  return planStorm({ profile, seed, durationMs, nodes, capabilities, keepQuorum: true });
}

/** Begins with the faults; `end` heals what is in force and tells what came of them. */
export function beginFaults(engine: StageEngine, request: FaultsRequest): { end(): Promise<FaultsResult> } {
  const { found, timeline, folder, scenarioHash, report } = request;
  const stop = new AbortController();
  const failed: string[] = [];
  const inflicted: InflictedThen[] = [];
  const descriptions = new Map<string, string>();
  const beganMs = Date.now();
  const say = (text: string): void => report({ type: "note", text });
  const performed = performRecorded(engine, found, timeline, {
    folder,
    specHash: null,
    scenarioHash,
    signal: stop.signal,
    failFast: false,
    onApplied: ({ id, durationMs }, applied) => {
      descriptions.set(id, applied.description);
      say(`${applied.id} ${id}: ${applied.description}${durationMs === 0 ? "" : ` for ${formatDuration(durationMs)}`}`);
    },
    onOver: ({ id }, { result, why, faultId, appliedMs, endedMs }) => {
      const description = descriptions.get(id);
      if (description !== undefined && appliedMs !== null) {
        const [appliedAt, endedAt] = [timeAt(beganMs + appliedMs), endedMs === null ? null : timeAt(beganMs + endedMs)];
        inflicted.push({ description, appliedAt, endedAt });
      }
      if (result === "done") return say(`${faultId} ${id}: over`);
      if (result === "interrupted") return;
      failed.push(`${id}: ${why}`);
      say(`${id} ${result}: ${why}`);
    },
  });
  // told by `end`
  performed.catch(() => undefined);
  return {
    end: async () => {
      stop.abort();
      const { file } = await performed;
      return { came: descriptions.size, failed, inflicted, file };
    },
  };
}

function timeAt(epochMs: number): string {
  return new Date(epochMs).toISOString();
}
