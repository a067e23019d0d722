/** The record of a run, as it is saved, and the timeline that makes the same happen again. */
import { z } from "zod";
import { describeFault, namesIn } from "../chaos/fault.js";
import { fault as faultSchema } from "../chaos/schema.js";
import type { NodeFacts } from "../chaos/target.js";
import { DeviousError } from "../core/errors.js";
import { isName } from "../core/ids.js";
import type { Outcome } from "./perform.js";
import { sortNodes, sortOccurrences } from "./plan.js";
import type { Occurrence, Timeline } from "./timeline.js";

export interface RunRecord {
  readonly version: 1;
  readonly cluster: string;
  /** SHA-256 of the spec as the program understood it; null where the folder's cannot be read. */
  readonly specHash: string | null;
  /** SHA-256 of the scenario's text; null for a storm. */
  readonly scenarioHash: string | null;
  /** RFC 3339, UTC. */
  readonly startedAt: string;
  /** Null while it goes on, and for ever where the run was killed. */
  readonly endedAt: string | null;
  readonly timeline: Timeline;
  /** Of the occurrences that are over. */
  readonly outcomes: readonly Outcome[];
}

/** What of a record it takes to play it again. */
const replayable = z.object({
  version: z.literal(1),
  timeline: z.object({
    name: z.string().refine(isName),
    seed: z.number(),
    storm: z.object({ durationMs: z.number() }).loose().nullable(),
    occurrences: z.array(z.object({ id: z.string(), step: z.string(), durationMs: z.number().nonnegative(), seed: z.number() })),
  }),
  outcomes: z.array(
    z.object({
      id: z.string(),
      plannedMs: z.number().nullable(),
      appliedMs: z.number().nullable(),
      fault: faultSchema.nullable(),
    }),
  ),
});

/**
 * The faults that came about in the recorded run, at the times they were planned for, with the nodes they had. Throws SCENARIO_INVALID
 * for what is no record, UNKNOWN_NODE where `nodes` are not those of the record.
 */
export function replay(record: unknown, shown: string, nodes: readonly NodeFacts[]): Timeline {
  const read = replayable.safeParse(record);
  if (!read.success) throw new DeviousError("SCENARIO_INVALID", `${shown} is not the record of a run`);
  const { timeline, outcomes } = read.data;
  const occurrences = outcomes.flatMap(({ id, plannedMs, appliedMs, fault }): readonly Occurrence[] => {
    const planned = timeline.occurrences.find((one) => one.id === id);
    if (planned === undefined || fault === null || plannedMs === null || appliedMs === null) return [];
    const { step, durationMs, seed } = planned;
    return [
      { id, step, trigger: { on: "start" }, offsetMs: plannedMs, durationMs, asked: describeFault(fault), action: { by: "plan", fault }, seed }, // prettier-ignore
    ];
  });
  const here = new Set(nodes.map(({ node }) => node));
  const strangers = [...new Set(occurrences.flatMap(({ action }) => (action.by === "plan" ? namesIn(action.fault) : [])))];
  const missing = strangers.filter((node) => !here.has(node)).sort();
  if (missing.length > 0) {
    throw new DeviousError("UNKNOWN_NODE", `The run in ${shown} hit ${missing.join(", ")}, which this cluster does not have.`, {
      hint: `Its nodes are ${[...here].join(", ")}.`,
    });
  }
  const { name, seed } = timeline;
  return { name, seed, nodes: sortNodes(nodes), storm: null, occurrences: sortOccurrences(occurrences) };
}
