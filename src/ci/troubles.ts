import { howItEnded } from "../cluster/death.js";
import type { Observed } from "../cluster/observe.js";
import { postMortem } from "../cluster/post-mortem.js";
import { maskOfSpec } from "../cluster/secrecy.js";
import { type NodeStatus, nodeStatus } from "../cluster/status.js";
import type { Engine } from "../engine/port.js";
import type { ClusterSpec } from "../spec/cluster-spec.js";

/**
 * Of every node that is not well a sentence and what it said last; the values of secret variables are left out. Nothing where all are well: then
 * the command's failure is its own.
 */
export async function troublesIn(engine: Engine, { nodes }: Observed, spec: ClusterSpec): Promise<readonly string[]> {
  const mask = maskOfSpec(spec);
  const all = await Promise.all(
    nodes.map(async (one) => {
      const status = await nodeStatus(engine, one, false);
      const { node, health, state } = status;
      if (health === "ready" || health === "completed") return [];
      const detail = await engine.inspectContainer(one.id);
      if (detail === undefined) return [`${node} is gone`];
      const death = await postMortem(engine, detail);
      const hasEnded = state === "exited" || state === "dead";
      const how = hasEnded ? howItEnded(death).join("") : howItIs(status);
      return [`${node} ${how}`, ...death.lastLines.map((line) => `${node} | ${mask(line)}`)];
    }),
  );
  return all.flat();
}

function howItIs({ state, health }: NodeStatus): string {
  if (state !== "running") return `is ${state}`;
  return health === "no-quorum" ? "runs, and has no quorum" : "runs, and is not ready";
}
