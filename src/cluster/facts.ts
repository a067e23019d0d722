import type { ClusterFacts } from "../chaos/target.js";
import { label } from "../core/labels.js";
import type { Observed } from "./observe.js";
import { type StatusEngine, leaderOf, nodeStatus } from "./status.js";

/** What a target is resolved against: read off the labels and, only `withLeaders`, asked of every node. */
export async function clusterFacts(engine: StatusEngine, { nodes }: Observed, withLeaders: boolean): Promise<ClusterFacts> {
  const services = [...new Set(nodes.map(({ service }) => service))];
  const statuses = withLeaders ? await Promise.all(nodes.map((node) => nodeStatus(engine, node, false))) : [];
  const leaders = services.flatMap((service) => {
    const leader = leaderOf(statuses, service);
    return leader === undefined ? [] : [[service, leader] as const];
  });
  return {
    nodes: nodes.map(({ node, service, labels }) => ({
      node,
      service,
      zone: labels[label.zone] ?? null,
      protected: labels[label.protect] === "true",
      bundled: labels[label.member] !== undefined,
    })),
    leaders: Object.fromEntries(leaders),
  };
}
