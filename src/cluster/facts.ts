import type { ClusterFacts } from "../chaos/target.js";
import { label } from "../core/labels.js";
import { riakHttpPort } from "../core/node-contract.js";
import { isBundled } from "./observe.js";
import type { NodeContainer, Observed } from "./observe.js";
import { tellsRole } from "./roles.js";
import { type NodeStatus, type StatusEngine, leadersOf, nodeStatus } from "./status.js";

/** What a target is resolved against: read off the labels and, only `withLeaders`, asked of every node. */
export async function clusterFacts(engine: StatusEngine, { nodes }: Observed, withLeaders: boolean): Promise<ClusterFacts> {
  const services = [...new Set(nodes.map(({ service }) => service))];
  const statuses = withLeaders ? await Promise.all(nodes.map((node) => nodeStatus(engine, node, false))) : [];
  const leaders: Record<string, string> = {};
  const whyNoLeader: Record<string, string> = {};
  const leaderless: string[] = [];
  for (const service of withLeaders ? services : []) {
    const [leader, ...rivals] = leadersOf(statuses, service);
    if (rivals.length > 0) whyNoLeader[service] = `${[leader, ...rivals].join(" and ")} each say that they lead ${service}.`;
    else if (leader !== undefined) leaders[service] = leader;
    else if (statuses.some((status) => status.service === service && isLeaderless(status))) {
      leaderless.push(service);
      whyNoLeader[service] = `Nobody leads ${service}: the nodes of a leaderless store are all alike.`;
    } else if (!nodes.some((node) => node.service === service && canTellRole(node))) {
      leaderless.push(service);
      whyNoLeader[service] = `Nobody can tell who leads ${service}: its spec has no \`roles\`.`;
    }
  }
  return {
    nodes: nodes.map((node) => ({
      node: node.node,
      service: node.service,
      zone: node.labels[label.zone] ?? null,
      protected: node.labels[label.protect] === "true",
      bundled: isBundled(node),
      ...(tellsRole(node) ? { tellsRole: true } : {}),
    })),
    leaders,
    whyNoLeader,
    leaderless,
  };
}

/** Riak's port tells the design, also of a node that does not answer. */
function isLeaderless({ store, ports }: NodeStatus): boolean {
  return store?.design === "leaderless" || String(riakHttpPort) in ports;
}

function canTellRole(node: NodeContainer): boolean {
  return isBundled(node) || tellsRole(node);
}
