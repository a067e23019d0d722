/** What only more than one key together shows to be wrong, found in the raw file whatever else is wrong with it. */
import { isName, nameRule } from "../core/ids.js";
import { formatNames } from "../core/log-format.js";
import { leaderlessClash } from "../core/leaderless-switches.js";
import { switchesClash } from "../core/store-switches.js";
import { isImage, nodeNames, nodesMax } from "./cluster-spec.js";
import type { ClusterSpec, RaftSpec, StoreSpec } from "./cluster-spec.js";
import { isMapping, problemWithName, servicesIn } from "./names.js";
import type { Mapping, Misfit, Named } from "./names.js";
import { checkProtect, checkZones } from "./zones.js";
import { imageKeys } from "./schema.js";
import { checkShipping } from "./shipping.js";
import type { Variables } from "./shipping.js";

export function findMisfits(file: unknown, variables: Variables | undefined): readonly Misfit[] {
  if (!isMapping(file)) return [];
  const named = servicesIn(file);
  const services = isMapping(file["services"]) ? named : [];
  return [
    ...(isMapping(file["services"]) ? findStrays(file) : []),
    ...services.flatMap((one) => [...checkName(one, services), ...checkKind(one), ...checkRoles(one), ...checkLogs(one)]),
    ...named.flatMap(checkProtect),
    ...checkZones(file, named),
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
  if ("store" in keys && "image" in keys) return [misfit("image", "image: a service has a store or an image, not both")];
  if ("store" in keys) {
    const strayed = imageKeys.filter((key) => key in keys);
    return strayed.map((key) => misfit(key, `${key}: belongs to an image; the bundled store knows its own`));
  }
  if ("image" in keys) return [];
  return [{ path, part: "key", message: `services.${service}: needs a store or an image` }];
}

function checkRoles({ path, keys }: Named): readonly Misfit[] {
  const roles = keys?.["roles"];
  if (!isMapping(roles)) return [];
  const at = [...path, "roles"];
  const misfit = (key: string | undefined, message: string): Misfit => ({
    path: key === undefined ? at : [...at, key],
    part: "key",
    message: `${at.join(".")}: ${message}`,
  });
  const { http, exec, leader } = roles;
  if (http === undefined && exec === undefined) return [misfit(undefined, "needs http, or exec and leader")];
  if (http !== undefined && exec !== undefined) return [misfit("exec", "asks by http or by exec, not by both")];
  if (exec !== undefined)
    return leader === undefined ? [misfit("exec", "exec needs a leader: what a leader's stdout has in it")] : [];
  const port = isMapping(http) ? http["port"] : undefined;
  const ports = keys?.["ports"];
  const isPublished = Array.isArray(ports) && ports.includes(port);
  return [
    ...(leader === undefined ? [] : [misfit("leader", "of http, leader stands inside http")]),
    ...(typeof port !== "number" || isPublished ? [] : [misfit("http", `port ${port} must be one of the service's ports`)]),
  ];
}

/** Which keys of `logs` go together: names of keys are JSON's and logfmt's, and a pattern says it all by itself. */
function checkLogs({ path, keys }: Named): readonly Misfit[] {
  const logs = keys?.["logs"];
  if (!isMapping(logs)) return [];
  const at = [...path, "logs"];
  const misfit = (key: string, message: string): Misfit => ({
    path: [...at, key],
    part: "key",
    message: `${at.join(".")}.${key}: ${message}`,
  });
  const { format, pattern } = logs;
  const names = ["time", "level", "message", "event"].filter((key) => key in logs);
  if (pattern !== undefined) {
    const groups = names.map((key) => misfit(key, `a pattern has a group (?<${key === "message" ? "msg" : key}>…) for it`));
    return [...(format === undefined ? [] : [misfit("format", "a line has a format or a pattern, not both")]), ...groups];
  }
  const knowsKeys = ["auto", "json", "logfmt"];
  const own = formatNames.find((name) => name === format && !knowsKeys.includes(name));
  if (own === undefined) return [];
  return [...names, ...("levels" in logs ? ["levels"] : [])].map((key) =>
    misfit(key, `is for json, logfmt and auto; ${own} knows its own`),
  );
}
