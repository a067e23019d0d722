import { label } from "../core/labels.js";
import type { Role } from "../core/labels.js";
import type { ContainerInfo, Containers, NetworkInfo, Networks, VolumeInfo, Volumes } from "../engine/port.js";

/** What the engine holds of one cluster, found by its labels. */
export interface Observed {
  readonly name: string;
  /** Folder of the spec it belongs to; undefined where only unlabelled rests are left. */
  readonly owner: string | undefined;
  readonly networks: readonly NetworkInfo[];
  readonly nodes: readonly NodeContainer[];
  readonly agent: ContainerInfo | undefined;
  /** Sends the logs on, where the spec asks for it. */
  readonly shipper: ContainerInfo | undefined;
  /** Containers that carry our cluster's label and are none of these. */
  readonly strays: readonly ContainerInfo[];
  readonly volumes: readonly VolumeInfo[];
}

export interface NodeContainer extends ContainerInfo {
  readonly node: string;
  readonly service: string;
}

/** Every container of it. */
export function containersOf({ nodes, agent, shipper, strays }: Observed): readonly ContainerInfo[] {
  return [...nodes, ...[agent, shipper].filter((one) => one !== undefined), ...strays];
}

/** A member of the bundled store; any other node is an image of the user's. */
export function isBundled({ labels }: Pick<ContainerInfo, "labels">): boolean {
  return labels[label.member] !== undefined;
}

/** Paused counts as up: somebody wants it so, and a fault ends by itself. */
export function isUp({ state }: Pick<ContainerInfo, "state">): boolean {
  return state === "running" || state === "paused" || state === "restarting";
}

export type ObservedEngine = Pick<Containers & Networks & Volumes, "listContainers" | "listNetworks" | "listVolumes">;

/** Every cluster the engine holds anything of, by name. */
export async function observeAll(engine: ObservedEngine): Promise<readonly Observed[]> {
  return observe(engine, label.cluster);
}

export async function observeCluster(engine: ObservedEngine, name: string): Promise<Observed> {
  const [found] = await observe(engine, `${label.cluster}=${name}`);
  return (
    found ?? { name, owner: undefined, networks: [], nodes: [], agent: undefined, shipper: undefined, strays: [], volumes: [] }
  );
}

async function observe(engine: ObservedEngine, filter: string): Promise<readonly Observed[]> {
  const [containers, networks, volumes] = await Promise.all([
    engine.listContainers([filter]),
    engine.listNetworks([filter]),
    engine.listVolumes([filter]),
  ]);
  const names = new Set([...containers, ...networks, ...volumes].flatMap(({ labels }) => labels[label.cluster] ?? []));
  const of =
    (name: string) =>
    ({ labels }: { readonly labels: Readonly<Record<string, string>> }): boolean =>
      labels[label.cluster] === name;
  return [...names]
    .sort()
    .map((name) => assemble(name, containers.filter(of(name)), networks.filter(of(name)), volumes.filter(of(name))));
}

function assemble(
  name: string,
  containers: readonly ContainerInfo[],
  networks: readonly NetworkInfo[],
  volumes: readonly VolumeInfo[],
): Observed {
  const plays =
    (role: Role) =>
    ({ labels }: ContainerInfo): boolean =>
      labels[label.role] === role;
  const [isNode, isAgent, isShipper] = [plays("node"), plays("agent"), plays("shipper")];
  return {
    name,
    owner: [...networks, ...containers, ...volumes].flatMap(({ labels }) => labels[label.owner] ?? [])[0],
    networks,
    nodes: containers
      .filter(isNode)
      .map((one) => ({ ...one, node: one.labels[label.node] ?? one.name, service: one.labels[label.service] ?? "" }))
      .sort((a, b) => inOrder(a.service, b.service) || inOrder(a.node, b.node)),
    agent: containers.find(isAgent),
    shipper: containers.find(isShipper),
    strays: containers.filter((one) => !isNode(one) && !isAgent(one) && !isShipper(one)),
    volumes,
  };
}

/** Ten after nine. */
function inOrder(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}
