/** The little of the Docker Engine API that the agent needs (API 1.41), over its unix socket, on node:http. */
import { type IncomingMessage, request } from "node:http";
import { type Addresses, linkLocalOf, noAddresses } from "../chaos/address.js";
import type { MadeWith } from "../chaos/cgroup.js";
import { DeviousError, messageOf } from "../core/errors.js";
import { label } from "../core/labels.js";
import { linesOf } from "./lines.js";
import { tarOfEmptyFile } from "./empty-file.js";
import { createRecall } from "./recall.js";

export interface NodeContainer {
  readonly node: string;
  readonly id: string;
  /** `created`: it has never been started, and is perhaps being made just now. */
  readonly state: "created" | "running" | "paused" | "stopped";
  /** On the cluster's network; none while stopped. */
  readonly addresses: Addresses;
  /** Its endpoint on the cluster's network: another one each time it starts or joins. Empty where it has none. */
  readonly endpoint: string;
}

/** True where there are processes of it, frozen or not. */
export function isUp({ state }: NodeContainer): boolean {
  return state === "running" || state === "paused";
}

export interface NodeEngine {
  /** Every node of the cluster, running or not. */
  nodes(): Promise<readonly NodeContainer[]>;
  /** The same without asking, as long as the engine, which is being watched, has told of no change since it was asked last. */
  knownNodes(): Promise<readonly NodeContainer[]>;
  /** The container's first process, in the host's numbering; undefined where none runs. */
  pidOf(id: string): Promise<number | undefined>;
  /** What limits the container was made with; undefined where there is no such container. */
  madeWith(id: string): Promise<MadeWith | undefined>;
  /**
   * Success also where it is paused already. Waits for the answer as long as the engine is connected: as long as there is none, the
   * container may yet be paused.
   */
  pause(id: string): Promise<void>;
  /** Success also where it is not paused, or gone. */
  unpause(id: string): Promise<void>;
  /**
   * Sends a signal to the first process, e.g. `SIGTERM`. Success also where none runs. Waits for the answer as {@link NodeEngine.pause} does.
   */
  kill(id: string, signal: string): Promise<void>;
  /** The container's own stop signal, then SIGKILL after the grace, in whole seconds. Waits for the answer. Success also where it has stopped. */
  stop(id: string, graceMs: number): Promise<void>;
  /** Puts an empty file into a folder of a container that does not run, its volumes among them. */
  putEmptyFile(id: string, folder: string, name: string): Promise<void>;
  /** Success also where it runs already. */
  start(id: string): Promise<void>;
  /** Calls `onStart` with the node's name when a node starts; ends when the connection does. `onOpen`: no start after this is missed. */
  watch(onOpen: () => void, onStart: (node: string) => void): Promise<void>;
}

interface NetworkJson {
  readonly Id?: string;
  readonly NetworkID?: string;
  readonly EndpointID?: string;
  readonly IPAddress?: string;
  readonly GlobalIPv6Address?: string;
  readonly MacAddress?: string;
}

interface HostConfigJson {
  readonly NanoCpus?: number;
  readonly CpuQuota?: number;
  readonly CpuPeriod?: number;
  readonly Memory?: number;
  readonly MemorySwap?: number;
}

interface ContainerJson {
  readonly Id: string;
  readonly State: string;
  readonly Labels: Readonly<Record<string, string>>;
  readonly NetworkSettings?: { readonly Networks?: Readonly<Record<string, NetworkJson>> };
}

interface EventJson {
  readonly Type?: string;
  readonly Action?: string;
  readonly Actor?: { readonly Attributes?: Readonly<Record<string, string>> };
}

/** After these a listing of nodes may be another one; of the others, e.g. of health checks, there are many. */
const eventsOfChange = {
  type: ["container", "network"],
  event: ["create", "start", "die", "pause", "unpause", "rename", "destroy", "connect", "disconnect"],
};

const timeoutMs = 5000;

/** Mounts, network and the program's own start, on a busy machine. */
const startTimeoutMs = 30_000;
/** runc gives up, with everything thawed, where a container makes a process just while it is being frozen: to ask again is left to its callers. */
const pauseTries = 5;

export function createEngine(socketPath: string, cluster: string): NodeEngine {
  const ofCluster = `${label.cluster}=${cluster}`;
  const nodesOnly = [ofCluster, `${label.role}=node`];
  /** Every network that a node was last seen in -> whether it is the cluster's own: what happens in others is no matter of ours. */
  let isOurs: ReadonlyMap<string, boolean> = new Map();

  const listing = createRecall(list);

  async function list(): Promise<readonly NodeContainer[]> {
    const containers = await getJson<readonly ContainerJson[]>(
      socketPath,
      `/containers/json?all=1&${filters({ label: nodesOnly })}`,
    );
    const ids = containers.flatMap(endpointsOf).flatMap(({ NetworkID: id = "" }) => (id === "" ? [] : [id]));
    if (ids.some((id) => !isOurs.has(id))) {
      // a network has its labels for life
      const networks = await getJson<readonly NetworkJson[]>(socketPath, `/networks?${filters({ label: [ofCluster] })}`);
      isOurs = new Map(ids.map((id) => [id, networks.some(({ Id }) => Id === id)]));
    }
    return containers.flatMap((container) => {
      const node = container.Labels[label.node];
      if (node === undefined) return [];
      const endpoint = endpointsOf(container).find(({ NetworkID: id = "" }) => isOurs.get(id));
      return [
        {
          node,
          id: container.Id,
          state: stateOf(container),
          addresses: addressesOf(endpoint),
          endpoint: endpoint?.EndpointID ?? "",
        },
      ];
    });
  }

  /** What we do to a container has changed the listing before the engine tells of it. */
  async function acting(act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } finally {
      listing.changed();
    }
  }

  return {
    nodes: () => listing.ask(),
    knownNodes: () => listing.recall(),
    async pidOf(id) {
      const answer = await call(socketPath, "GET", `/containers/${id}/json`);
      if (answer.status === 404) return undefined;
      const detail = JSON.parse(accepted(answer, [200]).body) as { readonly State?: { readonly Pid?: number } };
      const pid = detail.State?.Pid ?? 0;
      return pid > 0 ? pid : undefined;
    },
    async madeWith(id) {
      const answer = await call(socketPath, "GET", `/containers/${id}/json`);
      if (answer.status === 404) return undefined;
      const { HostConfig: config = {} } = JSON.parse(accepted(answer, [200]).body) as { readonly HostConfig?: HostConfigJson };
      return {
        nanoCpus: config.NanoCpus ?? 0,
        cpuQuota: config.CpuQuota ?? 0,
        cpuPeriod: config.CpuPeriod ?? 0,
        memory: config.Memory ?? 0,
        memorySwap: config.MemorySwap ?? 0,
      };
    },
    pause: (id) =>
      acting(async () => {
        const path = `/containers/${id}/pause`;
        for (let triesLeft = pauseTries; ; triesLeft--) {
          const answer = await finish(socketPath, await open(socketPath, "POST", path), `POST ${path}`);
          if (answer.body.includes("already paused")) return;
          if (triesLeft > 1 && answer.body.includes("unable to freeze")) continue;
          accepted(answer, [204, 304]);
          return;
        }
      }),
    unpause: (id) =>
      acting(async () => {
        const answer = await call(socketPath, "POST", `/containers/${id}/unpause`);
        if (!/is not (paused|running)/.test(answer.body)) accepted(answer, [204, 304, 404]);
      }),
    kill: (id, signal) =>
      acting(async () => {
        const path = `/containers/${id}/kill?signal=${signal}`;
        const answer = await finish(socketPath, await open(socketPath, "POST", path), `POST ${path}`);
        if (!answer.body.includes("is not running")) accepted(answer, [204, 404]);
      }),
    stop: (id, graceMs) =>
      acting(async () => {
        const path = `/containers/${id}/stop?t=${Math.ceil(graceMs / 1000)}`;
        accepted(await finish(socketPath, await open(socketPath, "POST", path), `POST ${path}`), [204, 304, 404]);
      }),
    async putEmptyFile(id, folder, name) {
      const path = `/containers/${id}/archive?path=${encodeURIComponent(folder)}`;
      const response = await open(socketPath, "PUT", path, timeoutMs, tarOfEmptyFile(name));
      accepted(await finish(socketPath, response, `PUT ${path}`), [200]);
    },
    start: (id) =>
      acting(async () => {
        accepted(await call(socketPath, "POST", `/containers/${id}/start`, startTimeoutMs), [204, 304]);
      }),
    async watch(onOpen, onStart) {
      const path = `/events?${filters(eventsOfChange)}`;
      const response = await open(socketPath, "GET", path);
      if (response.statusCode !== 200) accepted(await finish(socketPath, response, `GET ${path}`), [200]);
      listing.watched(true);
      try {
        onOpen();
        for await (const line of linesOf(response)) {
          const { Type: type, Action: action, Actor: { Attributes: attributes = {} } = {} } = JSON.parse(line) as EventJson;
          const isOurs = attributes[label.cluster] === cluster && attributes[label.role] === "node";
          // what happens to a network does not say whose container it is
          if (isOurs || type === "network") listing.changed();
          const node = attributes[label.node];
          if (isOurs && action === "start" && node !== undefined) onStart(node);
        }
      } finally {
        listing.watched(false);
      }
    },
  };
}

function stateOf(container: ContainerJson): NodeContainer["state"] {
  const { State: state } = container;
  return state === "created" || state === "running" || state === "paused" ? state : "stopped";
}

function endpointsOf(container: ContainerJson): readonly NetworkJson[] {
  return Object.values(container.NetworkSettings?.Networks ?? {});
}

function addressesOf(endpoint: NetworkJson | undefined): Addresses {
  if (endpoint === undefined) return noAddresses;
  const { IPAddress: v4 = "", GlobalIPv6Address: v6 = "", MacAddress: mac = "" } = endpoint;
  const linkLocal = v6 === "" ? undefined : linkLocalOf(mac);
  return { v4: v4 === "" ? [] : [v4], v6: v6 === "" ? [] : [v6, ...(linkLocal === undefined ? [] : [linkLocal])] };
}

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly asked: string;
}

async function getJson<T>(socketPath: string, path: string): Promise<T> {
  return JSON.parse(accepted(await call(socketPath, "GET", path), [200]).body) as T;
}

async function call(socketPath: string, method: string, path: string, silenceMs = timeoutMs): Promise<Answer> {
  return finish(socketPath, await open(socketPath, method, path, silenceMs), `${method} ${path}`);
}

/** Sends a request and resolves with the answer's head. Without `silenceMs` the answer may be silent as long as it likes. */
function open(socketPath: string, method: string, path: string, silenceMs = 0, archive?: Buffer): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = archive === undefined ? {} : { "content-type": "application/x-tar", "content-length": archive.length };
    const outgoing = request({ socketPath, path, method, timeout: silenceMs, headers }, resolve);
    outgoing.once("timeout", () => outgoing.destroy(new Error(`no answer within ${silenceMs} ms`)));
    outgoing.on("error", (error) => reject(unreachable(socketPath, error)));
    outgoing.end(archive);
  });
}

async function finish(socketPath: string, response: IncomingMessage, asked: string): Promise<Answer> {
  try {
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    return { status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString(), asked };
  } catch (error) {
    throw unreachable(socketPath, error);
  }
}

function accepted(answer: Answer, statuses: readonly number[]): Answer {
  if (statuses.includes(answer.status)) return answer;
  throw new DeviousError("ENGINE_REFUSED", `The engine refused ${answer.asked} with ${answer.status}: ${saidIn(answer.body)}.`);
}

function saidIn(body: string): string {
  try {
    return (JSON.parse(body) as { readonly message?: string }).message ?? body;
  } catch {
    return body;
  }
}

function unreachable(socketPath: string, cause: unknown): DeviousError {
  return new DeviousError("ENGINE_UNREACHABLE", `The engine at ${socketPath} does not answer: ${messageOf(cause)}.`, { cause });
}

/** True for the error of an engine that does not listen: after its restart, a mounted socket is that of nobody for ever. */
export function isRefusal(error: unknown): boolean {
  return error instanceof DeviousError && (error.cause as NodeJS.ErrnoException | undefined)?.code === "ECONNREFUSED";
}

function filters(values: Readonly<Record<string, readonly string[]>>): string {
  return `filters=${encodeURIComponent(JSON.stringify(values))}`;
}
