import { DeviousError } from "../core/errors.js";
import { closest } from "../core/ids.js";
import { observeAll } from "./observe.js";
import type { NodeContainer, Observed, ObservedEngine } from "./observe.js";

export interface Wanted {
  readonly name: string | undefined;
  readonly folder: string;
  readonly ownName: () => Promise<string | undefined>;
  /** Never guess: another folder's cluster is meant only when it is named. */
  readonly careful?: boolean;
}

/**
 * The cluster a command means: the one it names, else the one of this folder (`ownName`, asked only where the folder has several), else
 * the only one there is. Works from any folder, after a crash and after a reboot: the engine's labels are all it reads.
 */
export async function findCluster(engine: ObservedEngine, wanted: Wanted): Promise<Observed> {
  const all = await observeAll(engine);
  const found = await pick(all, wanted);
  if (found !== undefined) return found;
  if (wanted.name !== undefined) {
    const names = all.map(({ name }) => name);
    const meant = closest(wanted.name, names);
    throw new DeviousError("UNKNOWN_CLUSTER", `There is no cluster "${wanted.name}".`, {
      hint: meant === undefined ? "`devious ls` shows the clusters there are." : `Did you mean "${meant}"?`,
    });
  }
  if (all.length === 0) throw new DeviousError("UNKNOWN_CLUSTER", "No cluster is up.", { hint: "`devious up` boots one." });
  const others = all.map((one) => `${one.name} (of ${one.owner ?? "nobody"})`).join(", ");
  throw new DeviousError("UNKNOWN_CLUSTER", `No cluster belongs to this folder; there is ${others}.`, {
    hint: "--cluster NAME says which.",
  });
}

async function pick(all: readonly Observed[], { name, folder, ownName, careful = false }: Wanted): Promise<Observed | undefined> {
  if (name !== undefined) return all.find((one) => one.name === name);
  const own = all.filter((one) => one.owner === folder);
  if (own.length > 1) {
    const named = await ownName();
    return own.find((one) => one.name === named);
  }
  return own[0] ?? (all.length === 1 && !careful ? all[0] : undefined);
}

/** The node of this name; the error knows the others. */
export function findNode(cluster: Observed, name: string): NodeContainer {
  const found = cluster.nodes.find(({ node }) => node === name);
  if (found !== undefined) return found;
  const names = cluster.nodes.map(({ node }) => node);
  const meant = closest(name, names);
  throw new DeviousError("UNKNOWN_NODE", `The cluster ${cluster.name} has no node "${name}".`, {
    hint: meant === undefined ? `It has ${names.join(", ")}.` : `Did you mean "${meant}"?`,
  });
}

/** Refuses a cluster whose name is taken by another folder. */
export function assertOwner(cluster: Observed, folder: string): void {
  if (cluster.owner === undefined || cluster.owner === folder) return;
  throw new DeviousError("CLUSTER_HELD", `The name "${cluster.name}" is held by the cluster of ${cluster.owner}.`, {
    hint: `Choose another with --name, or end that one: devious down --cluster ${cluster.name}`,
  });
}
