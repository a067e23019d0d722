import type { NodeFacts } from "../chaos/target.js";
import { DeviousError } from "../core/errors.js";
import { isName, nameRule } from "../core/ids.js";
import { type ClusterSpec, defaultSpec, isImage, nodesMax, placeOf } from "../spec/cluster-spec.js";

/** The nodes that `up` would make of this spec, as a target sees them. */
export function nodesOfSpec({ services }: ClusterSpec): readonly NodeFacts[] {
  return services.flatMap((service) => {
    const bundled = !isImage(service);
    const asked = isImage(service) && service.roles !== null ? { tellsRole: true as const } : {};
    return service.nodes.map((node) => ({ node, service: service.name, ...placeOf(service, node), bundled, ...asked }));
  });
}

/** `5`: n1 to n5 · `a,b,c`: these. Throws USAGE. */
export function parseNodes(text: string): readonly NodeFacts[] {
  const count = /^\d+$/.test(text) ? Number(text) : undefined;
  if (count !== undefined && (count < 1 || count > nodesMax)) {
    throw new DeviousError("USAGE", `--nodes must be from 1 to ${nodesMax}, not ${count}`);
  }
  const [service] = nodesOfSpec(defaultSpec("any", count));
  const names = text.split(",").map((name) => name.trim());
  const bad = names.find((name) => !isName(name));
  if (bad !== undefined) throw new DeviousError("USAGE", `--nodes: "${bad}" is not a name: ${nameRule}`);
  if (count !== undefined || service === undefined) return nodesOfSpec(defaultSpec("any", count));
  return [...new Set(names)].map((node) => ({ ...service, node }));
}
