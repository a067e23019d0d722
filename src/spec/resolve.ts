import { isName, nameRule, toName } from "../core/ids.js";
import { defaultService, nodeNames, raftDefaults } from "./cluster-spec.js";
import type { ClusterSpec, StoreSpec } from "./cluster-spec.js";
import type { SpecFile } from "./schema.js";

const defaultNodes = 3;

/** The one function between what users write and what the program works with. */
export function resolve(file: SpecFile, folderName: string): ClusterSpec {
  const services =
    file.services === undefined
      ? [{ name: defaultService, store: storeSpec(file.store), nodes: nodeNames(undefined, file.nodes ?? defaultNodes) }]
      : Object.entries(file.services).map(([name, service]) => ({
          name,
          store: storeSpec(service.store),
          nodes: nodeNames(name, service.nodes ?? defaultNodes),
        }));
  return { name: file.name ?? toName(folderName), services };
}

function storeSpec(store: SpecFile["store"]): StoreSpec {
  return {
    design: "raft",
    electionTimeoutMs: store?.election_timeout ?? raftDefaults.electionTimeoutMs,
    heartbeatIntervalMs: store?.heartbeat_interval ?? raftDefaults.heartbeatIntervalMs,
    snapshotEntries: store?.snapshot_entries ?? raftDefaults.snapshotEntries,
  };
}

/** What only the whole file shows, whatever else is wrong with it. */
export function findMisfits(
  file: unknown,
): readonly { readonly path: readonly string[]; readonly part: "key"; readonly message: string }[] {
  if (!isMapping(file) || !isMapping(file["services"])) return [];
  const strayed = ["nodes", "store"]
    .filter((key) => key in file)
    .map((key) => ({
      path: [key],
      part: "key" as const,
      message: `${key}: is short for a single service; with services, put it inside one of them`,
    }));
  const misnamed = Object.keys(file["services"])
    .filter((name) => !isName(name))
    .map((name) => ({ path: ["services", name], part: "key" as const, message: `"${name}" is not a name: ${nameRule}` }));
  return [...strayed, ...misnamed];
}

/** Options that are right one by one and wrong together. */
export function findClashes(spec: ClusterSpec): readonly { readonly service: string; readonly message: string }[] {
  return spec.services
    .filter(({ store }) => store.electionTimeoutMs < 3 * store.heartbeatIntervalMs)
    .map(({ name, store }) => ({
      service: name,
      message:
        `election_timeout (${store.electionTimeoutMs}ms) must be at least three heartbeat_intervals ` +
        `(${store.heartbeatIntervalMs}ms each), or followers stand for election all the time`,
    }));
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
