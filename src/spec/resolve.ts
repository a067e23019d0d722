import { leaderlessDefaults, type LeaderlessSwitches } from "../core/leaderless-switches.js";
import { safeSwitches } from "../core/store-switches.js";
import { toName } from "../core/ids.js";
import type { RolesProbe } from "../core/roles.js";
import {
  clusterDefaults,
  defaultNodes,
  defaultService,
  imageDefaults,
  nodeNames,
  raftDefaults,
  storeService,
} from "./cluster-spec.js";
import type { ClusterSpec, ServiceSpec, ShipSpec, StoreSpec, TlsSpec } from "./cluster-spec.js";
import type { ServiceFile, SpecFile } from "./schema.js";
import { fillIn } from "./shipping.js";
import type { Variables } from "./shipping.js";

/**
 * The one function between what users write and what the program works with; `file` has no misfits (./misfits.ts). Without `variables`,
 * what names some stays as it is written.
 */
export function resolve(file: SpecFile, folderName: string, variables: Variables | undefined): ClusterSpec {
  const zones = file.network?.zones ?? {};
  const { nodes, store, protect } = file;
  const services =
    file.services === undefined
      ? [resolveService(defaultService, { nodes, store, protect }, undefined, zones)]
      : Object.entries(file.services).map(([name, service]) => resolveService(name, service, name, zones));
  return {
    ...clusterDefaults,
    name: file.name ?? toName(folderName),
    services,
    logging: { ship: shipSpec(file.logging?.ship, variables) },
  };
}

function resolveService(
  name: string,
  file: ServiceFile,
  prefix: string | undefined,
  zones: Readonly<Record<string, readonly string[]>>,
): ServiceSpec {
  const nodes = nodeNames(prefix, file.nodes ?? defaultNodes);
  const own = new Set([name, ...nodes]);
  const zoned = Object.entries(zones).flatMap(([zone, members]) =>
    members.filter((member) => own.has(member)).map((member) => [member, zone] as const),
  );
  const common = {
    name,
    nodes,
    zones: Object.fromEntries(zoned),
    protect: file.protect === true ? ("all" as const) : file.protect === undefined || file.protect === false ? [] : file.protect,
  };
  if (file.image === undefined) return { ...storeService(name, nodes, storeSpec(file.store)), ...common };
  return {
    ...imageDefaults,
    ...common,
    image: file.image,
    entrypoint: file.entrypoint ?? null,
    command: file.command ?? null,
    environment: file.environment ?? {},
    ports: (file.ports ?? []).map((container) => ({ container, host: null })),
    roles: rolesProbe(file.roles),
    logs: file.logs ?? null,
  };
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
    variables === undefined ? value : fillIn(value, variables),
  ]);
  return { otlp: ship.otlp, headers: Object.fromEntries(headers) as Record<string, string> };
}

function rolesProbe(roles: ServiceFile["roles"]): RolesProbe | null {
  if (roles?.http !== undefined) return { by: "http", ...roles.http };
  if (roles?.exec === undefined || roles.leader === undefined) return null;
  return { by: "exec", command: roles.exec, leader: roles.leader };
}
