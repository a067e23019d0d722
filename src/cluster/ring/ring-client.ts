import { DeviousError } from "../../core/errors.js";
import { clientPort, riakHttpPort } from "../../core/node-contract.js";
import { ringCopiesPath, ringPath } from "../../core/ring-contract.js";
import type { RingAnswer, RingCommand, RingCopies, RingView } from "../../core/ring-contract.js";
import type { ContainerDetail, Containers } from "../../engine/port.js";
import { findNode } from "../find.js";
import { requestJson } from "../http.js";
import { isBundled } from "../observe.js";
import type { NodeContainer, Observed } from "../observe.js";
import { unanswered } from "../store-client.js";
import type { Asked, AskedNode } from "./cluster-ring.js";
import type { AskedCopies } from "./replicas.js";

type RingEngine = Pick<Containers, "inspectContainer">;

const viewTimeoutMs = 1500;
const commandTimeoutMs = 5000;

/** What each node of the leaderless store says of its ring, in their order. Of several such services `service` says which. */
export async function askRing(
  engine: RingEngine,
  found: Observed,
  service: string | undefined,
): Promise<readonly [AskedNode, ...AskedNode[]]> {
  return (await askEach<RingView>(engine, found, service, ringPath)) as [AskedNode, ...AskedNode[]];
}

/** What each of these nodes says of the copies that it has. */
export async function askCopies(
  engine: RingEngine,
  found: Observed,
  service: string | undefined,
): Promise<readonly AskedCopies[]> {
  const nodes = await nodesOfRing(engine, found, service);
  return Promise.all(nodes.map(async (one) => ({ ...stateOf(one), copies: await askOne<RingCopies>(one, ringCopiesPath) })));
}

/** Has one node carry out a command; throws REQUEST_REFUSED with what is in the way. */
export async function commandRing(engine: RingEngine, found: Observed, command: RingCommand, whom: Whom): Promise<RingView> {
  const { node, status, said } = await tellOne<RingAnswer>(engine, found, ringPath, command, whom);
  if (said?.ok === true) return said.view;
  throw new DeviousError("REQUEST_REFUSED", `${node}: ${said?.why ?? `answered with HTTP status ${status}`}.`);
}

/** Whom a command is for: this node, or whoever runs first of this service, or of the only one that is leaderless. */
export interface Whom {
  readonly node: string | undefined;
  readonly service: string | undefined;
}

/** What each node of the leaderless store says at a path, in their order; there is one at least. */
export async function askEach<View>(
  engine: RingEngine,
  found: Observed,
  service: string | undefined,
  path: string,
): Promise<readonly Asked<View>[]> {
  const nodes = await nodesOfRing(engine, found, service);
  return Promise.all(nodes.map(async (one) => ({ ...stateOf(one), view: await askOne<View>(one, path) })));
}

/** What one node answers a command with; `said` is undefined where that is no JSON. Throws NODE_UNREACHABLE, REQUEST_INDEFINITE. */
export async function tellOne<Said>(
  engine: RingEngine,
  found: Observed,
  path: string,
  command: unknown,
  whom: Whom,
): Promise<{ readonly node: string; readonly status: number; readonly said: Said | undefined }> {
  const service = whom.node === undefined ? whom.service : findNode(found, whom.node).service;
  const nodes = await nodesOfRing(engine, found, service);
  const isMeant = ({ node }: Found): boolean => (whom.node === undefined ? node.state === "running" : node.node === whom.node);
  const meant = nodes.find(isMeant);
  const endpoint = meant?.detail?.endpoints.get(clientPort);
  if (meant === undefined || endpoint === undefined) {
    const who = meant === undefined ? "No node of the ring runs" : `${meant.node.node} is ${meant.node.state}`;
    throw new DeviousError("NODE_UNREACHABLE", `${who}, so nobody can be asked.`, { hint: "`devious up` starts them." });
  }
  const name = meant.node.node;
  const answer = await requestJson(endpoint, "POST", path, command, commandTimeoutMs).catch((cause: unknown) => {
    throw unanswered(name, cause);
  });
  return { node: name, status: answer.status, said: answer.body as Said | undefined };
}

interface Found {
  readonly node: NodeContainer;
  readonly detail: ContainerDetail | undefined;
}

async function nodesOfRing(
  engine: RingEngine,
  { name, nodes }: Observed,
  service: string | undefined,
): Promise<readonly Found[]> {
  const all = await Promise.all(
    nodes.filter(isBundled).map(async (node) => ({ node, detail: await engine.inspectContainer(node.id) })),
  );
  const rings = [...new Set(all.filter(isLeaderless).map(({ node }) => node.service))];
  if (service !== undefined && rings.length > 0 && !rings.includes(service)) {
    throw new DeviousError("USAGE", `${service} is no leaderless store of the cluster ${name}.`, {
      hint: `It has ${rings.join(", ")}.`,
    });
  }
  const [only] = rings;
  if (only === undefined) {
    throw new DeviousError("USAGE", `No node of a leaderless store runs in the cluster ${name}, and rings are theirs.`, {
      hint: "A spec asks for one with `store: leaderless`; `devious status` shows what runs.",
    });
  }
  if (service === undefined && rings.length > 1) {
    throw new DeviousError("USAGE", `The cluster ${name} has several rings: ${rings.join(", ")}.`, {
      hint: `Say which, e.g. --service ${only}.`,
    });
  }
  return all.filter(({ node }) => node.service === (service ?? only));
}

/** Riak's port tells the design. */
function isLeaderless({ detail }: Found): boolean {
  return detail?.endpoints.has(riakHttpPort) === true;
}

function stateOf({ node: { node }, detail }: Found): { readonly node: string; readonly state: string } {
  return { node, state: detail?.state ?? "removed" };
}

/** Null: it does not answer. */
async function askOne<T>({ detail }: Found, path: string): Promise<T | null> {
  const endpoint = detail?.endpoints.get(clientPort);
  if (detail?.state !== "running" || endpoint === undefined) return null;
  const answer = await requestJson(endpoint, "GET", path, undefined, viewTimeoutMs).catch(() => undefined);
  return answer?.status === 200 ? (answer.body as T) : null;
}
