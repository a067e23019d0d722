import type { ClusterFacts } from "../chaos/target.js";
import { label } from "../core/labels.js";
import { isBundled } from "./observe.js";
import type { Observed } from "./observe.js";
import { type StatusEngine, leadersOf, nodeStatus } from "./status.js";

/** What a target is resolved against: read off the labels and, only `withLeaders`, asked of every node. */
export async function clusterFacts(engine: StatusEngine, { nodes }: Observed, withLeaders: boolean): Promise<ClusterFacts> {
  const services = [...new Set(nodes.map(({ service }) => service))];
  const statuses = withLeaders ? await Promise.all(nodes.map((node) => nodeStatus(engine, node, false))) : [];
  const claims = services.map((service) => [service, leadersOf(statuses, service)] as const);
  const leaders = claims.flatMap(([service, [leader, ...others]]) =>
    leader === undefined || others.length > 0 ? [] : [[service, leader] as const],
  );
  return {
    nodes: nodes.map((node) => ({
      node: node.node,
      service: node.service,
      zone: node.labels[label.zone] ?? null,
      protected: node.labels[label.protect] === "true",
      bundled: isBundled(node),
    })),
    leaders: Object.fromEntries(leaders),
    rivals: Object.fromEntries(claims.filter(([, nodesOf]) => nodesOf.length > 1)),
  };
}
