import { invariant } from "../core/invariant.js";
import type { Condition, Dependency } from "../spec/own-image.js";
import type { ServiceSpec } from "../spec/cluster-spec.js";

/** What has to be so of a node before others start. */
export interface Prerequisite {
  readonly node: string;
  readonly condition: Condition;
}

type Ordered = Pick<ServiceSpec, "name" | "nodes" | "dependsOn">;

/** What every node of a service waits for before it starts: a graph of its own, so that who depends on nobody waits for nobody. */
export function prerequisitesOf(service: Ordered, services: readonly Ordered[]): readonly Prerequisite[] {
  return service.dependsOn.flatMap(({ service: name, condition }) =>
    (services.find((one) => one.name === name)?.nodes ?? []).map((node) => ({ node, condition })),
  );
}

/** Services whose nodes are there to come to an end: another one waits for that. */
export function jobsIn(services: readonly Pick<ServiceSpec, "dependsOn">[]): ReadonlySet<string> {
  return new Set(
    services.flatMap(({ dependsOn }) =>
      dependsOn.filter(({ condition }) => condition === "completed").map(({ service }) => service),
    ),
  );
}

/** Every service after all that it depends on, otherwise as they come. A circle is a problem of the spec, told when that is read. */
export function inOrder<S extends Ordered>(services: readonly S[]): readonly S[] {
  const placed: S[] = [];
  const visit = (service: S, path: readonly S[]): void => {
    if (placed.includes(service)) return;
    invariant(!path.includes(service), "no service depends on itself");
    for (const { service: name } of service.dependsOn) {
      const needed = services.find((one) => one.name === name);
      if (needed !== undefined) visit(needed, [...path, service]);
    }
    placed.push(service);
  };
  for (const service of services) visit(service, []);
  return placed;
}

/** Names of the services that depend on one of these, at first or at second hand. */
export function behind(names: ReadonlySet<string>, services: readonly Ordered[]): ReadonlySet<string> {
  const found = new Set<string>();
  for (const { name, dependsOn } of inOrder(services)) {
    if (dependsOn.some(({ service }) => names.has(service) || found.has(service))) found.add(name);
  }
  return found;
}

const isSo: Readonly<Record<Condition, string>> = { started: "has started", ready: "is ready", completed: "has completed" };

/** `kv is ready and migrate has completed`; empty where it depends on nobody. */
export function describeDependencies(dependsOn: readonly Dependency[]): string {
  const parts = dependsOn.map(({ service, condition }) => `${service} ${isSo[condition]}`);
  return parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1) ?? ""}`;
}
