import { leaderlessDefaults, type LeaderlessSwitches } from "../core/leaderless-switches.js";
import { safeSwitches } from "../core/store-switches.js";
import { toName } from "../core/ids.js";
import {
  clusterDefaults,
  defaultNodes,
  defaultService,
  imageDefaults,
  nodeNames,
  raftDefaults,
  storeService,
} from "./cluster-spec.js";
import type { ClusterSpec, ImageService, ServiceSpec, ShipSpec, StoreService, StoreSpec, TlsSpec } from "./cluster-spec.js";
import { dependencies } from "./dependencies.js";
import { environmentOf } from "./environment.js";
import { fileSpecs } from "./files.js";
import { hooksOf } from "./hooks.js";
import { imageOf } from "./image.js";
import { limitsOf, ulimitsOf } from "./limits.js";
import { linkProfiles } from "./links.js";
import { lastName } from "./paths.js";
import { readySpec } from "./ready.js";
import { rolesProbe } from "./roles.js";
import type { ServiceFile, SpecFile } from "./schema.js";
import type { Surroundings } from "./surroundings.js";
import { fillIn, strictReference } from "./variables.js";
import type { Variables } from "./variables.js";
import { volumeSpec } from "./volumes.js";

/**
 * The one function between what users write and what the program works with; `file` has no misfits (./misfits.ts). For whoever does not
 * boot, what names variables stays as it is written.
 */
export function resolve(file: SpecFile, surroundings: Surroundings): ClusterSpec {
  const name = file.name ?? toName(lastName(surroundings.folder));
  const { nodes, store, protect } = file;
  const services =
    file.services === undefined
      ? [resolveService(defaultService, undefined, { nodes, store, protect }, { file, cluster: name, surroundings })]
      : Object.entries(file.services).map(([service, keys]) =>
          resolveService(service, service, keys, { file, cluster: name, surroundings }),
        );
  return {
    ...clusterDefaults,
    name,
    services,
    logging: { ship: shipSpec(file.logging?.ship, surroundings.boot?.variables) },
    links: linkProfiles(file.network?.links ?? [], services),
    ...(file.seed === undefined ? {} : { seed: file.seed }),
  };
}

interface Around {
  readonly file: SpecFile;
  readonly cluster: string;
  readonly surroundings: Surroundings;
}

function resolveService(
  name: string,
  prefix: string | undefined,
  keys: ServiceFile,
  { file, cluster, surroundings }: Around,
): ServiceSpec {
  const nodes = nodeNames(prefix, keys.nodes ?? defaultNodes);
  const common = {
    name,
    nodes,
    zones: zonesOf([name, ...nodes], file.network?.zones ?? {}),
    protect: keys.protect === true ? ("all" as const) : keys.protect === undefined || keys.protect === false ? [] : keys.protect,
    dependsOn: dependencies(keys.depends_on ?? {}),
    limits: limitsOf(keys),
    hooks: hooksOf(keys.hooks, nodes),
  };
  if (keys.image === undefined && keys.build === undefined)
    return { ...storeService(name, nodes, storeSpec(keys.store)), ...common };
  return { ...common, ...imageOf(keys, name, cluster, surroundings), ...containerOf(keys, surroundings) };
}

/** What the containers of an image are, besides the image itself. */
function containerOf(
  keys: ServiceFile,
  surroundings: Surroundings,
): Omit<ImageService, keyof StoreService | "image" | "build" | "pull"> {
  const ports = keys.ports ?? imageDefaults.ports;
  return {
    entrypoint: keys.entrypoint ?? imageDefaults.entrypoint,
    command: keys.command ?? imageDefaults.command,
    environment: environmentOf(keys, surroundings),
    ports,
    volumes: (keys.volumes ?? []).map((one) => volumeSpec(one, surroundings.folder, surroundings.boot?.variables)),
    files: fileSpecs(keys.files ?? {}),
    ready: keys.ready === undefined ? imageDefaults.ready : readySpec(keys.ready, ports),
    restart: keys.restart ?? imageDefaults.restart,
    user: keys.user ?? imageDefaults.user,
    capAdd: keys.cap_add ?? imageDefaults.capAdd,
    ulimits: ulimitsOf(keys.ulimits),
    stopGraceMs: keys.stop_grace ?? imageDefaults.stopGraceMs,
    labels: keys.labels ?? imageDefaults.labels,
    roles: rolesProbe(keys.roles, ports),
    logs: keys.logs ?? imageDefaults.logs,
  };
}

function zonesOf(names: readonly string[], zones: Readonly<Record<string, readonly string[]>>): Readonly<Record<string, string>> {
  const zoned = Object.entries(zones).flatMap(([zone, members]) =>
    members.filter((member) => names.includes(member)).map((member) => [member, zone] as const),
  );
  return Object.fromEntries(zoned);
}

function storeSpec(store: SpecFile["store"]): StoreSpec {
  if (store?.design !== "leaderless") return raftSpec(store);
  const { design, ...given } = store;
  const said = Object.entries(given).filter(([, value]) => value !== undefined);
  return { design, switches: { ...leaderlessDefaults, ...(Object.fromEntries(said) as Partial<LeaderlessSwitches>) }, tls: null };
}

type RaftFile = Extract<SpecFile["store"], { readonly design: "raft" }>;

function raftSpec(store: RaftFile | undefined): StoreSpec {
  return {
    design: "raft",
    electionTimeoutMs: store?.election_timeout ?? raftDefaults.electionTimeoutMs,
    heartbeatIntervalMs: store?.heartbeat_interval ?? raftDefaults.heartbeatIntervalMs,
    snapshotEntries: store?.snapshot_entries ?? raftDefaults.snapshotEntries,
    quotaBytes: store?.quotaBytes ?? raftDefaults.quotaBytes,
    autoCompaction: store?.autoCompaction?.retention ?? raftDefaults.autoCompaction,
    tls: tlsSpec(store?.tls),
    switches: {
      reads: store?.reads ?? safeSwitches.reads,
      fsync: store?.fsync ?? safeSwitches.fsync,
      preVote: store?.preVote ?? safeSwitches.preVote,
      checkQuorum: store?.checkQuorum ?? safeSwitches.checkQuorum,
      commitRule: store?.commitRule ?? safeSwitches.commitRule,
      replication: store?.replication ?? safeSwitches.replication,
    },
  };
}

function tlsSpec(tls: RaftFile["tls"]): TlsSpec | null {
  if (tls === undefined) return null;
  return tls === "auto" ? { kind: "auto" } : { kind: "files", cert: tls.cert, key: tls.key, clientCa: tls.clientCa ?? null };
}

function shipSpec(ship: NonNullable<SpecFile["logging"]>["ship"], variables: Variables | undefined): ShipSpec | null {
  if (ship === undefined) return null;
  const headers = Object.entries(ship.headers ?? {}).map(([name, value]) => [
    name,
    variables === undefined ? value : fillIn(value, strictReference, variables),
  ]);
  return { otlp: ship.otlp, headers: Object.fromEntries(headers) as Record<string, string> };
}
