import { DeviousError } from "../core/errors.js";
import { isName, nameRule } from "../core/ids.js";
import { nodeNames, nodesMax, prefixOf } from "./cluster-spec.js";
import type { ClusterSpec } from "./cluster-spec.js";

/** The spec with what the command line says instead. Throws USAGE. */
export function withOverrides(
  spec: ClusterSpec,
  { name, nodes }: { readonly name?: string | undefined; readonly nodes?: number | undefined },
): ClusterSpec {
  if (name !== undefined && !isName(name)) throw new DeviousError("USAGE", `--name: "${name}" is not a name: ${nameRule}`);
  const named = { ...spec, name: name ?? spec.name };
  if (nodes === undefined) return named;
  if (nodes < 1 || nodes > nodesMax) throw new DeviousError("USAGE", `--nodes must be from 1 to ${nodesMax}, not ${nodes}`);
  const [service] = spec.services;
  if (service === undefined || spec.services.length > 1) {
    throw new DeviousError("USAGE", "--nodes does not say of which service", { hint: "Write the number into the spec." });
  }
  return { ...named, services: [{ ...service, nodes: nodeNames(prefixOf(service), nodes) }] };
}
