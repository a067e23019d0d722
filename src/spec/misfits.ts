/** What only more than one key together shows to be wrong, found in the raw file whatever else is wrong with it. */
import { isName, nameRule } from "../core/ids.js";
import { leaderlessClash } from "../core/leaderless-switches.js";
import { switchesClash } from "../core/store-switches.js";
import { isImage, nodeNames, nodesMax } from "./cluster-spec.js";
import type { ClusterSpec, RaftSpec, StoreSpec } from "./cluster-spec.js";
import { isMapping, problemWithName, servicesIn } from "./names.js";
import type { Mapping, Misfit, Named } from "./names.js";
import { checkDependencies } from "./dependencies.js";
import { checkEnvironment } from "./environment.js";
import { checkFiles } from "./files.js";
import { checkHooks } from "./hooks.js";
import { checkImage } from "./image.js";
import { checkLinks } from "./links.js";
import { checkLogs } from "./logs.js";
import { checkPorts } from "./ports.js";
import { checkReady } from "./ready.js";
import { checkRoles } from "./roles.js";
import { imageKeys } from "./schema.js";
import { checkShipping } from "./shipping.js";
import type { Surroundings } from "./surroundings.js";
import { checkVolumes } from "./volumes.js";
import { checkProtect, checkZones } from "./zones.js";

export function findMisfits(file: unknown, surroundings: Surroundings): readonly Misfit[] {
  if (!isMapping(file)) return [];
  const variables = surroundings.boot?.variables;
  const named = servicesIn(file);
  const services = isMapping(file["services"]) ? named : [];
  return [
    ...(isMapping(file["services"]) ? findStrays(file) : []),
    ...services.flatMap((one) => [
      ...checkName(one, services),
      ...checkKind(one),
      ...checkImage(one, surroundings),
      ...checkEnvironment(one, surroundings),
      ...checkFiles(one),
      ...checkReady(one),
      ...checkRoles(one),
      ...checkLogs(one),
      ...checkHooks(one, services),
    ]),
    ...named.flatMap(checkProtect),
    ...checkPorts(services),
    ...checkVolumes(services, variables),
    ...checkDependencies(services),
    ...checkZones(file, named),
    ...checkLinks(file, named),
    ...checkShipping(file, named, variables),
  ];
}

/** Options that are right one by one and wrong together. */
export function findClashes(spec: ClusterSpec): readonly { readonly service: string; readonly message: string }[] {
  return spec.services.flatMap((service) => {
    if (isImage(service)) return [];
    const { store } = service;
    const messages = clashesOf(store).filter((message) => message !== undefined);
    return messages.map((message) => ({ service: service.name, message }));
  });
}

function clashesOf(store: StoreSpec): readonly (string | undefined)[] {
  if (store.design === "leaderless") return [leaderlessClash(store.switches)];
  return [clockClash(store), switchesClash(store.switches)];
}

function clockClash({ electionTimeoutMs, heartbeatIntervalMs }: RaftSpec): string | undefined {
  if (electionTimeoutMs >= 3 * heartbeatIntervalMs) return undefined;
  return (
    `election_timeout (${electionTimeoutMs}ms) must be at least three heartbeat_intervals ` +
    `(${heartbeatIntervalMs}ms each), or followers stand for election all the time`
  );
}

function findStrays(file: Mapping): readonly Misfit[] {
  return ["nodes", "store", "protect"]
    .filter((key) => key in file)
    .map((key) => ({
      path: [key],
      part: "key" as const,
      message: `${key}: is short for a single service; with services, put it inside one of them`,
    }));
}

function checkName({ service, path }: Named, all: readonly Named[]): readonly Misfit[] {
  const problem = problemWithName(service, "service") ?? problemWithNodes(service, all);
  return problem === undefined ? [] : [{ path, part: "key", message: problem }];
}

function problemWithNodes(service: string, all: readonly Named[]): string | undefined {
  const longest = nodeNames(service, nodesMax).at(-1) ?? "";
  if (!isName(longest)) return `"${service}" is too long for a service: its nodes are called ${service}-1 and so on, ${nameRule}`;
  const other = all.find(({ nodes }) => nodes.includes(service));
  return other === undefined ? undefined : `"${service}" is also the name of a node of the service ${other.service}`;
}

function checkKind({ service, path, keys }: Named): readonly Misfit[] {
  // its type is told elsewhere
  if (keys === undefined) return [];
  const misfit = (key: string, message: string): Misfit => ({
    path: [...path, key],
    part: "key",
    message: `${path.join(".")}.${message}`,
  });
  const own = ["image", "build"].filter((key) => key in keys);
  if ("store" in keys) {
    const strayed = imageKeys.filter((key) => key in keys);
    return [
      ...own.map((key) => misfit(key, `${key}: a service has a store or an image, not both`)),
      ...strayed.map((key) => misfit(key, `${key}: belongs to an image; the bundled store knows its own`)),
    ];
  }
  if (own.length > 0) return [];
  return [{ path, part: "key", message: `services.${service}: needs a store, an image or a build` }];
}
