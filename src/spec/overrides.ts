import { DeviousError } from "../core/errors.js";
import { isName, nameRule } from "../core/ids.js";
import { builtImage, isImage, nodeNames, nodesMax, prefixOf } from "./cluster-spec.js";
import type { ClusterSpec, ServiceSpec } from "./cluster-spec.js";
import { relinked } from "./links.js";
import { wrongCount } from "./ports.js";

/** The spec with what the command line says instead. Throws USAGE. */
export function withOverrides(
  spec: ClusterSpec,
  { name, nodes }: { readonly name?: string | undefined; readonly nodes?: number | undefined },
): ClusterSpec {
  const named = name === undefined ? spec : renamed(spec, name);
  return nodes === undefined ? named : withNodes(named, nodes);
}

function renamed(spec: ClusterSpec, name: string): ClusterSpec {
  if (!isName(name)) throw new DeviousError("USAGE", `--name: "${name}" is not a name: ${nameRule}`);
  const services = spec.services.map((service) => {
    const isNamedAfterCluster =
      isImage(service) && service.build !== null && service.image === builtImage(spec.name, service.name);
    return isNamedAfterCluster ? { ...service, image: builtImage(name, service.name) } : service;
  });
  return { ...spec, name, services };
}

function withNodes(spec: ClusterSpec, nodes: number): ClusterSpec {
  if (nodes < 1 || nodes > nodesMax) throw new DeviousError("USAGE", `--nodes must be from 1 to ${nodesMax}, not ${nodes}`);
  const [service] = spec.services;
  if (service === undefined || spec.services.length > 1) {
    throw new DeviousError("USAGE", "--nodes does not say of which service", { hint: "Write the number into the spec." });
  }
  const resized = { ...service, nodes: nodeNames(prefixOf(service), nodes) };
  const links = relinked(spec.links, [resized]);
  const problems = [
    ...problemsWithFixedPorts(resized),
    ...problemsWithHooks(resized),
    ...links.flatMap(({ between, nodes: sides }) =>
      sides.flatMap((side, i) => (side.length > 0 ? [] : [`network.links: ${between[i] ?? ""} has no node left`])),
    ),
  ];
  const [problem] = problems;
  if (problem !== undefined) {
    throw new DeviousError("USAGE", `--nodes ${nodes} does not go with the spec: ${problem}`, {
      hint: "Write the number into the spec, and mend there what names nodes.",
      ...(problems.length > 1 ? { details: problems } : {}),
    });
  }
  return { ...spec, services: [resized], links };
}

function problemsWithFixedPorts(service: ServiceSpec): readonly string[] {
  if (!isImage(service)) return [];
  return service.ports.flatMap(({ container, host }) =>
    host === null || host.length === service.nodes.length
      ? []
      : [`services.${service.name}.ports: ${wrongCount(host, container, service.nodes.length)}`],
  );
}

function problemsWithHooks({ name, nodes, hooks }: ServiceSpec): readonly string[] {
  const gone = [...hooks.afterUp, ...hooks.beforeDown].flatMap((hook) =>
    hook.on === "node" && !nodes.includes(hook.node) ? [hook.node] : [],
  );
  return [...new Set(gone)].map((node) => `services.${name}.hooks: there is no ${node}`);
}
