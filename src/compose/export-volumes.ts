/** What volumes of nodes are called in a compose file, where all services have one set of names. */
import { isImage } from "../spec/cluster-spec.js";
import type { ServiceSpec } from "../spec/cluster-spec.js";

/** The key of a volume that a node names so. */
export type VolumeKey = (node: string, name: string, shared: boolean) => string;

/** A volume keeps its name where one node has one of that name, or all have the same. */
export function volumeKeys(services: readonly ServiceSpec[]): VolumeKey {
  const users = new Map<string, number>();
  for (const service of services) {
    if (!isImage(service)) continue;
    const own = service.volumes.flatMap((volume) => (volume.type === "volume" && !volume.shared ? [volume.name] : []));
    for (const name of new Set(own)) users.set(name, (users.get(name) ?? 0) + service.nodes.length);
  }
  return (node, name, shared) => (shared || users.get(name) === 1 ? name : `${node}-${name}`);
}
