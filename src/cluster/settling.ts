import { isImage } from "../spec/cluster-spec.js";
import type { ServiceSpec } from "../spec/cluster-spec.js";
import { forNode } from "../spec/templates.js";
import { waitCompleted } from "./completion.js";
import type { FindListeners } from "./deafness.js";
import { waitImageReady } from "./image-readiness.js";
import type { ReadyEngine } from "./ready/index.js";
import { waitReady } from "./readiness.js";
import type { Deadline, ReadinessEngine, StartedNode } from "./readiness.js";

export type SettlingEngine = ReadinessEngine & ReadyEngine;

/** What of a spec says when a node is as it is to be. */
export interface Expectation {
  readonly service: ServiceSpec;
  /** Its nodes are there to come to an end. */
  readonly isJob: boolean;
  readonly seed: number;
}

export interface WaitOptions {
  /** Members of its store that are not to be reached. */
  readonly away?: readonly string[];
  readonly findListeners?: FindListeners;
}

/** What is waited for, as a step. */
export function describeExpectation(node: string, { isJob }: Pick<Expectation, "isJob">): string {
  return isJob ? `${node} has completed` : `${node} is ready`;
}

/** Waits until a node is as it is to be: ready, or, of a job, ended well. Throws CLUSTER_NOT_READY. */
export async function waitSettled(
  engine: SettlingEngine,
  started: StartedNode,
  { service, isJob, seed }: Expectation,
  deadline: Deadline,
  { away, findListeners }: WaitOptions = {},
): Promise<void> {
  if (isJob) await waitCompleted(engine, started, deadline);
  else if (isImage(service)) {
    const { ready } = forNode(service, started.node, seed);
    await waitImageReady(engine, started, deadline, findListeners === undefined ? { ready } : { ready, findListeners });
  } else await waitReady(engine, started, deadline, away);
}
