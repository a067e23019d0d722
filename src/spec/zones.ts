/** What is wrong with the nodes that zones and protections name. */
import { advice, isMapping, problemWithName } from "./names.js";
import type { Mapping, Misfit, Named } from "./names.js";

export function checkProtect({ service, nodes, path, keys }: Named): readonly Misfit[] {
  const protect = keys?.["protect"];
  if (!Array.isArray(protect)) return [];
  return protect.flatMap((name: unknown, i): readonly Misfit[] => {
    if (typeof name !== "string" || nodes.includes(name)) return [];
    const at = [...path, "protect"];
    return [
      { path: [...at, i], part: "value", message: `${at.join(".")}: ${service} has no node "${name}"${advice(name, nodes)}` },
    ];
  });
}

export function checkZones(file: Mapping, services: readonly Named[]): readonly Misfit[] {
  const zones = isMapping(file["network"]) ? file["network"]["zones"] : undefined;
  if (!isMapping(zones)) return [];
  const names = services.flatMap(({ service, nodes }) => [service, ...nodes]);
  const zoneOf = new Map<string, string>();
  const misfits: Misfit[] = [];
  for (const [zone, members] of Object.entries(zones)) {
    const path = ["network", "zones", zone];
    const taken = names.includes(zone) ? `a zone cannot be called ${zone}: a node or a service is` : undefined;
    const problem = problemWithName(zone, "zone") ?? taken;
    if (problem !== undefined) misfits.push({ path, part: "key", message: problem });
    for (const [i, member] of (Array.isArray(members) ? (members as readonly unknown[]) : []).entries()) {
      if (typeof member !== "string") continue;
      const tell = (message: string): void =>
        void misfits.push({ path: [...path, i], part: "value", message: `${path.join(".")}: ${message}` });
      if (!names.includes(member)) {
        tell(`there is no node or service "${member}"${advice(member, names)}`);
        continue;
      }
      const nodes = services.find(({ service }) => service === member)?.nodes ?? [member];
      const twice = nodes.filter((node) => zoneOf.has(node));
      if (twice.length > 0) tell(`${twice.join(", ")} cannot be in it: already in ${zoneOf.get(twice[0] ?? "")}`);
      for (const node of nodes) if (!zoneOf.has(node)) zoneOf.set(node, zone);
    }
  }
  return misfits;
}
