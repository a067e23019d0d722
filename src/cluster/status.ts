import type { FaultView, LinkView } from "../chaos/protocol.js";
import type { ContainerDetail, ContainerState, Containers, Exec, Streams } from "../engine/port.js";
import { askAgent } from "./agent-client.js";
import { isJob } from "./completion.js";
import { imageProblem } from "./image-readiness.js";
import { askBy, readyOf } from "./ready/index.js";
import type { Refusal } from "./ready/index.js";
import { lastWordsOf } from "./last-words.js";
import type { LastWords } from "./last-words.js";
import { isBundled } from "./observe.js";
import type { NodeContainer, Observed } from "./observe.js";
import { probeRole } from "./roles.js";
import { type ShippingStatus, shippingStatus } from "./shipping/status.js";
import { storeClientOf } from "./store-client.js";
import type { StoreStatus } from "./store-status.js";
import { tlsOf } from "./tls/label.js";

export interface NodeStatus {
  readonly node: string;
  readonly service: string;
  readonly state: ContainerState | "removed";
  /**
   * Of the bundled store: ready: has a leader with a quorum · no-quorum: answers, has none (yet) · silent: does not answer.
   * Of an image: ready: its service's `ready` probe is content; without one, it runs, its published ports take connections and its own health
   * check, if any, is content · completed: it was to come to an end, and has, with exit code 0 · else silent.
   */
  readonly health: "ready" | "no-quorum" | "completed" | "silent";
  /** What the store says it is, or what its service's `roles` probe found; null where nobody knows. */
  readonly role: string | null;
  /** On this machine, `127.0.0.1:49153`, with TLS `https://127.0.0.1:49153`; of several published ports the lowest. */
  readonly address: string | null;
  /** Published port -> where it is on this machine. */
  readonly ports: Readonly<Record<string, string>>;
  /**
   * Null: clients come in plain text. Else over TLS: `ca` is the file with the authority to trust, null where the certificates are the user's
   * own; `clientCertificate`: whether clients must show one.
   */
  readonly tls: { readonly ca: string | null; readonly clientCertificate: boolean } | null;
  /** RFC 3339; of the container. */
  readonly startedAt: string | null;
  /** What the bundled store says of itself; null while it is silent. */
  readonly store: StoreStatus | null;
}

export interface ClusterStatus {
  readonly cluster: string;
  readonly owner: string;
  readonly nodes: readonly NodeStatus[];
  /** Of nodes that could not start or go on. */
  readonly lastWords: readonly LastWords[];
  /** Null: the agent does not answer. */
  readonly faults: readonly FaultView[] | null;
  /** How the spec wants links to be, besides all faults; null as of faults. */
  readonly links: readonly LinkView[] | null;
  /** Null: its logs are sent nowhere. */
  readonly shipping: ShippingStatus | null;
}

export type StatusEngine = Pick<Containers & Streams & Exec, "inspectContainer" | "attach" | "exec" | "logs">;

const answerTimeoutMs = 1000;

/** How a cluster is, read from the engine, the nodes and the agent at once; changes nothing. */
export async function clusterStatus(
  engine: StatusEngine,
  found: Observed,
  options: { readonly withHash: boolean },
): Promise<ClusterStatus> {
  const { shipper } = found;
  const [nodes, inForce, shipping] = await Promise.all([
    Promise.all(found.nodes.map((node) => nodeStatus(engine, node, options.withHash))),
    saidByAgent(engine, found),
    shipper === undefined ? null : shippingStatus(engine, shipper),
  ]);
  const ended = found.nodes.filter((_, i) => nodes[i]?.state === "exited");
  const lastWords = (await Promise.all(ended.map((node) => lastWordsOf(engine, node)))).filter((words) => words !== undefined);
  const { faults, links } = inForce ?? { faults: null, links: null };
  return { cluster: found.name, owner: found.owner ?? "", nodes, lastWords, faults, links, shipping };
}

/** What is in force in a cluster. */
export interface InForce {
  readonly faults: readonly FaultView[];
  readonly links: readonly LinkView[];
}

/** Null where no agent answers: unlike "none", that says nothing about faults. */
export async function saidByAgent(engine: Pick<Streams, "attach">, found: Observed): Promise<InForce | null> {
  if (found.agent?.state !== "running") return null;
  return askAgent(engine, found.agent.id, { op: "list" }).then(
    ({ faults, links = [] }) => ({ faults, links }),
    () => null,
  );
}

/** As {@link saidByAgent}. */
export async function activeFaults(engine: Pick<Streams, "attach">, found: Observed): Promise<readonly FaultView[] | null> {
  return (await saidByAgent(engine, found))?.faults ?? null;
}

export async function nodeStatus(engine: StatusEngine, node: NodeContainer, withHash: boolean): Promise<NodeStatus> {
  const detail = await engine.inspectContainer(node.id);
  const endpoints = [...(detail?.endpoints ?? [])].sort(([a], [b]) => a - b);
  const tls = tlsOf(node.labels);
  const scheme = tls === null ? "" : "https://";
  const ports = Object.fromEntries(endpoints.map(([port, { host, port: here }]) => [String(port), `${scheme}${host}:${here}`]));
  const [lowest] = endpoints;
  const answer = detail?.state === "running" ? await ask(engine, node, detail, withHash) : answerOfEnded(node, detail);
  return {
    node: node.node,
    service: node.service,
    state: detail?.state ?? "removed",
    ...answer,
    address: lowest === undefined ? null : (ports[lowest[0]] ?? null),
    ports,
    tls: tls === null ? null : { ca: tls.ca, clientCertificate: tls.client !== null },
    startedAt: startOf(detail),
  };
}

type Answer = Pick<NodeStatus, "health" | "role" | "store">;

const noAnswer: Answer = { health: "silent", role: null, store: null };

function answerOfEnded(node: NodeContainer, detail: ContainerDetail | undefined): Answer {
  const completed = isJob(node) && detail?.state === "exited" && detail.exitCode === 0;
  return completed ? { ...noAnswer, health: "completed" } : noAnswer;
}

async function ask(engine: StatusEngine, node: NodeContainer, detail: ContainerDetail, withHash: boolean): Promise<Answer> {
  if (!isBundled(node)) {
    const [problem, role] = await Promise.all([problemOf(engine, detail), probeRole(engine, detail)]);
    return { health: problem === undefined ? "ready" : "silent", role, store: null };
  }
  const client = storeClientOf(node.node, detail);
  if (client === undefined) return noAnswer;
  const [store, health] = await Promise.all([client.status(answerTimeoutMs, withHash), client.health(answerTimeoutMs)]);
  // who waits for the others, with an empty disk, is no member yet and has nothing to tell
  if (store === undefined) return health.type === "waiting" ? { ...noAnswer, health: "no-quorum" } : noAnswer;
  return { health: health.type === "ready" ? "ready" : "no-quorum", role: store.role, store };
}

/** What keeps a running node of an image from being ready. */
async function problemOf(engine: StatusEngine, detail: ContainerDetail): Promise<Refusal | undefined> {
  const ready = readyOf(detail);
  if (ready === undefined) return imageProblem(detail, answerTimeoutMs);
  return askBy(engine, detail.id, ready.probe)(detail, Math.min(ready.attemptTimeoutMs, answerTimeoutMs));
}

function startOf(detail: ContainerDetail | undefined): string | null {
  const runs = detail?.state === "running" || detail?.state === "paused";
  return runs ? (detail.startedAt ?? null) : null;
}

/**
 * The nodes that lead a service. Of the bundled store one at most, the one at the highest term: a node that is cut off may still take
 * itself for the leader of an older one. Of an image all that say so.
 */
export function leadersOf(nodes: readonly NodeStatus[], service: string): readonly string[] {
  const leaders = nodes.filter((one) => one.service === service && one.role === "leader");
  const termOf = ({ store }: NodeStatus): number => (store === null || store.design === "leaderless" ? 0 : store.term);
  const highestTerm = Math.max(...leaders.map(termOf));
  return leaders.filter((one) => termOf(one) === highestTerm).map(({ node }) => node);
}
