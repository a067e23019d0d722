import { setTimeout as sleep } from "node:timers/promises";
import { label } from "../core/labels.js";
import type { Containers } from "../engine/port.js";
import type { NodeContainer, Observed } from "./observe.js";
import { endedError, notInTime, there } from "./readiness.js";
import type { Deadline, ReadinessEngine, StartedNode } from "./readiness.js";

/** Such a node is there to come to an end. */
export function isJob({ labels }: Pick<NodeContainer, "labels">): boolean {
  return labels[label.completes] === "true";
}

/** Of a cluster's nodes those that were to come to an end and have, with exit code 0. Asks only about such. */
export async function completedNodes(
  engine: Pick<Containers, "inspectContainer">,
  { nodes }: Pick<Observed, "nodes">,
): Promise<ReadonlySet<string>> {
  const ended = nodes.filter((node) => isJob(node) && node.state === "exited");
  const details = await Promise.all(ended.map(({ id }) => engine.inspectContainer(id)));
  return new Set(ended.flatMap(({ node }, i) => (details[i]?.exitCode === 0 ? node : [])));
}

const inspectEveryMs = 100;

/** Waits until a node has ended with exit code 0. Throws CLUSTER_NOT_READY where it ends otherwise, or not in time. */
export async function waitCompleted(engine: ReadinessEngine, started: StartedNode, deadline: Deadline): Promise<void> {
  for (;;) {
    deadline.signal.throwIfAborted();
    const detail = await there(engine, started);
    if (detail.state === "exited" || detail.state === "dead") {
      if (detail.exitCode === 0) return;
      throw await endedError(engine, started, detail, deadline.advice, "instead of completing");
    }
    const leftMs = deadline.endsAtMs - performance.now();
    if (leftMs <= 0) throw await notInTime(engine, started, deadline, "had not completed");
    await sleep(Math.min(inspectEveryMs, leftMs));
  }
}
