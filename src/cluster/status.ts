import type { FaultView } from "../chaos/protocol.js";
import { clientPort } from "../core/node-contract.js";
import type { ContainerDetail, ContainerState, Containers, Streams } from "../engine/port.js";
import { askAgent } from "./agent-client.js";
import type { NodeContainer, Observed } from "./observe.js";
import { createStoreClient } from "./store-client.js";
import type { StoreStatus } from "./store-client.js";

export interface NodeStatus {
  readonly node: string;
  readonly service: string;
  readonly state: ContainerState | "removed";
  /** ready: has a leader with a quorum · no-quorum: answers, has none · silent: does not answer. */
  readonly health: "ready" | "no-quorum" | "silent";
  /** Client address on this machine, `127.0.0.1:49153`. */
  readonly address: string | null;
  /** RFC 3339; of the container. */
  readonly startedAt: string | null;
  /** What the store says of itself; null while it is silent. */
  readonly store: StoreStatus | null;
}

export interface ClusterStatus {
  readonly cluster: string;
  readonly owner: string;
  readonly nodes: readonly NodeStatus[];
  /** Null: the agent does not answer. */
  readonly faults: readonly FaultView[] | null;
}

export type StatusEngine = Pick<Containers & Streams, "inspectContainer" | "attach">;

const answerTimeoutMs = 1000;

/** How a cluster is, read from the engine, the nodes and the agent at once; changes nothing. */
export async function clusterStatus(
  engine: StatusEngine,
  found: Observed,
  options: { readonly withHash: boolean },
): Promise<ClusterStatus> {
  const [nodes, faults] = await Promise.all([
    Promise.all(found.nodes.map((node) => nodeStatus(engine, node, options.withHash))),
    activeFaults(engine, found),
  ]);
  return { cluster: found.name, owner: found.owner ?? "", nodes, faults };
}

/** Null where no agent answers: unlike "none", that says nothing about faults. */
export async function activeFaults(engine: StatusEngine, found: Observed): Promise<readonly FaultView[] | null> {
  if (found.agent?.state !== "running") return null;
  return askAgent(engine, found.agent.id, { op: "list" }).then(
    ({ faults }) => faults,
    () => null,
  );
}

export async function nodeStatus(engine: StatusEngine, node: NodeContainer, withHash: boolean): Promise<NodeStatus> {
  const detail = await engine.inspectContainer(node.id);
  const endpoint = detail?.endpoints.get(clientPort);
  const asked = detail?.state === "running" && endpoint !== undefined ? createStoreClient(node.node, endpoint) : undefined;
  const [store, healthy] = await Promise.all([
    asked?.status(answerTimeoutMs, withHash),
    asked === undefined ? false : asked.healthy(answerTimeoutMs),
  ]);
  return {
    node: node.node,
    service: node.service,
    state: detail?.state ?? "removed",
    health: store === undefined ? "silent" : healthy ? "ready" : "no-quorum",
    address: endpoint === undefined ? null : `${endpoint.host}:${endpoint.port}`,
    startedAt: startOf(detail),
    store: store ?? null,
  };
}

function startOf(detail: ContainerDetail | undefined): string | null {
  const runs = detail?.state === "running" || detail?.state === "paused";
  return runs ? (detail.startedAt ?? null) : null;
}

/** The node that leads at the highest term: one that is cut off may still take itself for the leader of an older one. */
export function leaderOf(nodes: readonly NodeStatus[], service: string): string | undefined {
  const own = nodes.filter((one) => one.service === service);
  const leaders = own.filter(({ store }) => store?.role === "leader");
  return leaders.sort((a, b) => (b.store?.term ?? 0) - (a.store?.term ?? 0))[0]?.node;
}
