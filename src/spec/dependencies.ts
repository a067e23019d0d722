/** What nodes of a service wait for before they start. */
import { z } from "zod";
import { oneOf, shortFor, text } from "./fields.js";
import { advice, misfitAt, readIfRight } from "./names.js";
import type { Misfit, Named } from "./names.js";
import { conditions } from "./own-image.js";
import type { Dependency } from "./own-image.js";

export const dependsOn = shortFor(
  z.record(z.string(), oneOf(conditions), {
    error: "must be a list of services, such as [kv], or a mapping such as { kv: started }",
  }),
  [{ type: "array", items: { type: "string" } }],
  (value, refuse) => {
    if (!Array.isArray(value)) return value;
    const list = value as readonly unknown[];
    const wrong = list.find((one) => !text.safeParse(one).success);
    if (wrong !== undefined) return refuse(`${JSON.stringify(wrong)} is no service's name`);
    const twice = list.find((one, i) => list.indexOf(one) < i);
    if (twice !== undefined) return refuse(`has ${JSON.stringify(twice)} twice`);
    return Object.fromEntries(list.map((one) => [one, "ready"]));
  },
).describe(
  "Services whose nodes all have to be ready before nodes of this one start; or a mapping that says of each service which: started, ready, or completed, which is ended with exit code 0.",
);

export function dependencies(dependsOn: Readonly<Record<string, Dependency["condition"]>>): readonly Dependency[] {
  return Object.entries(dependsOn).map(([service, condition]) => ({ service, condition }));
}

interface Dependent extends Named {
  readonly on: readonly Dependency[];
}

export function checkDependencies(services: readonly Named[]): readonly Misfit[] {
  const all = services.map((one): Dependent => ({
    ...one,
    on: dependencies(readIfRight(dependsOn, one.keys?.["depends_on"]) ?? {}),
  }));
  return [...all.flatMap((one) => checkEach(one, all)), ...checkCycles(all)];
}

function checkEach({ service, path, keys, on }: Dependent, all: readonly Dependent[]): readonly Misfit[] {
  const others = all.map((one) => one.service).filter((one) => one !== service);
  return on.flatMap((dependency): readonly Misfit[] => {
    const isListed = Array.isArray(keys?.["depends_on"]);
    const at = [...path, "depends_on"];
    const tell = (message: string): readonly Misfit[] => {
      const place = isListed ? on.indexOf(dependency) : dependency.service;
      return [{ ...misfitAt(at, message, isListed ? "value" : "key"), path: [...at, place] }];
    };
    if (dependency.service === service) return tell("no service can wait for itself");
    const other = all.find((one) => one.service === dependency.service);
    if (other === undefined) {
      const node = all.find(({ nodes }) => nodes.includes(dependency.service));
      if (node !== undefined) return tell(`${dependency.service} is a node; wait for all of its service ${node.service}`);
      if (others.length === 0) return tell(`there is no service "${dependency.service}", nor any other than this one`);
      return tell(`there is no service "${dependency.service}"${advice(dependency.service, others)}`);
    }
    if (dependency.condition !== "completed") return [];
    if (other.keys !== undefined && "store" in other.keys) return tell(`${other.service} is a store, which never ends by itself`);
    const restart = other.keys?.["restart"];
    return restart === "always" || restart === "unless-stopped"
      ? tell(`${other.service} is never completed: restart: ${restart} starts it again`)
      : [];
  });
}

/** Each cycle once, at the first of its services in the file. */
function checkCycles(all: readonly Dependent[]): readonly Misfit[] {
  const told = new Set<string>();
  return all.flatMap(({ service, path }): readonly Misfit[] => {
    const cycle = told.has(service) ? undefined : cycleFrom(service, all);
    if (cycle === undefined) return [];
    for (const one of cycle) told.add(one);
    return [misfitAt([...path, "depends_on"], `${[...cycle, service].join(" waits for ")}, so none could ever start`)];
  });
}

/** The shortest way from a service back to it, with itself first. */
function cycleFrom(service: string, all: readonly Dependent[]): readonly string[] | undefined {
  const ways: string[][] = [[service]];
  const seen = new Set<string>();
  for (const way of ways) {
    const { on } = all.find((one) => one.service === way.at(-1)) ?? { on: [] };
    for (const { service: next } of on) {
      // a service that waits for itself is told by itself
      if (next === service && way.length > 1) return way;
      if (next === service || seen.has(next)) continue;
      seen.add(next);
      ways.push([...way, next]);
    }
  }
  return undefined;
}
