import path from "node:path";
import type { NodeFacts } from "../chaos/target.js";
import { DeviousError, messageOf } from "../core/errors.js";
import { readRunFile } from "../workspace/run-file.js";
import { replay } from "./replay.js";
import type { Timeline } from "./timeline.js";

/** The record in this file, waiting to hear which nodes there are; see {@link replay}. Throws SCENARIO_UNREADABLE. */
export async function loadReplay(given: string, folder: string): Promise<(nodes: readonly NodeFacts[]) => Timeline> {
  const record = await readRunFile(path.resolve(folder, given)).catch((cause: unknown) => {
    throw new DeviousError("SCENARIO_UNREADABLE", `The record ${given} cannot be read: ${messageOf(cause)}`, { cause });
  });
  return (nodes) => replay(record, given, nodes);
}
