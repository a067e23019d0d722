/** The complete, internal shape of a spec: nothing optional, nothing to look up, durations in milliseconds. */
import type { LeaderlessSwitches } from "../core/leaderless-switches.js";
import { safeSwitches, type StoreSwitches } from "../core/store-switches.js";
import type { LogFormat } from "../core/log-format.js";
import type { RolesProbe } from "../core/roles.js";
import { noHooks, noLimits } from "./own-image.js";
import type {
  BuildSpec,
  Dependency,
  FileSpec,
  Hooks,
  Limits,
  PublishedPort,
  PullPolicy,
  ReadySpec,
  RestartSpec,
  Ulimit,
  VolumeSpec,
} from "./own-image.js";

/** What a folder's spec is called. */
export const specFileName = "devious.yaml";

export interface ClusterSpec {
  readonly name: string;
  readonly services: readonly ServiceSpec[];
  readonly logging: LoggingSpec;
  /** How links between nodes are as long as the cluster is up; in force once it is ready. */
  readonly links: readonly LinkProfile[];
  /** What `{{seed}}` is. */
  readonly seed: number;
}

/** A kind of link between two groups of nodes, which have none in common, in both directions. At least one of the impairments is there. */
export interface LinkProfile {
  /** As the spec names them: zones, services or nodes. */
  readonly between: readonly [string, string];
  readonly nodes: readonly [readonly string[], readonly string[]];
  /** One way, so a round trip takes twice as long. */
  readonly delayMs: number;
  readonly jitterMs: number;
  /** Share of packets, 0 to 1. */
  readonly loss: number;
  /** Bits a second; null: no limit. */
  readonly rateBits: number | null;
}

export interface LoggingSpec {
  /** Null: logs are sent nowhere. */
  readonly ship: ShipSpec | null;
}

/** Where every record of the cluster's logs is sent to, as OpenTelemetry logs by HTTP. */
export interface ShipSpec {
  /** The receiver's base URL, without user, query and fragment. */
  readonly otlp: string;
  /** HTTP headers to send along, secrets among them; variables are filled in where the spec was read in order to send. */
  readonly headers: Readonly<Record<string, string>>;
}

/** All it takes to send logs. */
export interface Shipping extends ShipSpec {
  /** The node that is the receiver; null where that is somewhere else. */
  readonly receiver: string | null;
}

export type ServiceSpec = StoreService | ImageService;

interface Service {
  readonly name: string;
  /** Node names, in order: `n1..n3` for the shorthand, `kv-1..kv-3` for a service `kv`. */
  readonly nodes: readonly string[];
  /** Zones, by the name of a node or, for all of its nodes, of the service itself. */
  readonly zones: Readonly<Record<string, string>>;
  /** Whom random faults keep away from: `all` of its nodes, or these. */
  readonly protect: "all" | readonly string[];
  /** What its nodes wait for before they start. */
  readonly dependsOn: readonly Dependency[];
  readonly limits: Limits;
  /** With templates in their texts, which {@link ./templates.ts withFilledHooks} fills in. */
  readonly hooks: Hooks;
}

/** Nodes of the bundled store. */
export interface StoreService extends Service {
  readonly store: StoreSpec;
}

/** Nodes of an image of the user's. Texts may have templates in them, which {@link ./templates.ts forNode} fills in for a node. */
export interface ImageService extends Service {
  /** Reference; of what is built, the name that it gets. */
  readonly image: string;
  /** Null: the image comes from elsewhere. */
  readonly build: BuildSpec | null;
  readonly pull: PullPolicy;
  /** Null: the image's own. */
  readonly entrypoint: readonly string[] | null;
  /** Null: the image's own. */
  readonly command: readonly string[] | null;
  /** Those of `env_file` among them. */
  readonly environment: Readonly<Record<string, string>>;
  readonly ports: readonly PublishedPort[];
  readonly volumes: readonly VolumeSpec[];
  readonly files: readonly FileSpec[];
  /** Null: it has run for a moment, listens on its published ports, and its image's health check, if any, is content. */
  readonly ready: ReadySpec | null;
  readonly restart: RestartSpec;
  /** `name`, `1000` or `1000:1000`; null: the image's own. */
  readonly user: string | null;
  readonly capAdd: readonly string[];
  readonly ulimits: readonly Ulimit[];
  /** From SIGTERM to SIGKILL. */
  readonly stopGraceMs: number;
  /** Container labels of the user's, none of ours. */
  readonly labels: Readonly<Record<string, string>>;
  /** Null: nobody can tell who leads. */
  readonly roles: RolesProbe | null;
  /** Null: its lines are understood as they come. */
  readonly logs: LogFormat | null;
}

/** What a service of an image is where its spec says nothing. */
export const imageDefaults = {
  build: null,
  pull: "missing",
  entrypoint: null,
  command: null,
  environment: {},
  ports: [],
  volumes: [],
  files: [],
  ready: null,
  restart: { policy: "no", maxRetries: null },
  user: null,
  capAdd: [],
  ulimits: [],
  stopGraceMs: 5000,
  labels: {},
  roles: null,
  logs: null,
  dependsOn: [],
  limits: noLimits,
  hooks: noHooks,
} as const satisfies Omit<ImageService, "name" | "nodes" | "zones" | "protect" | "image">;

/** Options of each design of the bundled store. */
export type StoreSpec = RaftSpec | LeaderlessSpec;

export interface LeaderlessSpec {
  readonly design: "leaderless";
  readonly switches: LeaderlessSwitches;
  /** Clients come in plain text. */
  readonly tls: null;
}

export interface RaftSpec {
  readonly design: "raft";
  readonly electionTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  /** Entries applied between two snapshots. */
  readonly snapshotEntries: number;
  readonly switches: StoreSwitches;
  /** Of all versions of keys in a node's memory. */
  readonly quotaBytes: number;
  /** What stays readable where the leader compacts by itself; null: it does not. */
  readonly autoCompaction: { readonly revisions: number } | { readonly periodMs: number } | null;
  /** Null: clients come in plain text. */
  readonly tls: TlsSpec | null;
}

/** What nodes show clients: certificates that devious makes, or these files (PEM; relative to the spec's folder). */
export type TlsSpec =
  | { readonly kind: "auto" }
  | {
      readonly kind: "files";
      readonly cert: string;
      readonly key: string;
      /** Null: clients need no certificate. */
      readonly clientCa: string | null;
    };

export const raftDefaults: RaftSpec = {
  design: "raft",
  electionTimeoutMs: 1000,
  heartbeatIntervalMs: 100,
  snapshotEntries: 10_000,
  switches: safeSwitches,
  quotaBytes: 512 * 2 ** 20,
  autoCompaction: null,
  tls: null,
};

export const nodesMax = 15;

export const defaultNodes = 3;

/** Name of the one service of a spec that names none. */
export const defaultService = "store";

export function nodeNames(service: string | undefined, count: number): readonly string[] {
  const prefix = service === undefined ? "n" : `${service}-`;
  return Array.from({ length: count }, (_, i) => `${prefix}${i + 1}`);
}

/** All names that nodes of a service can have, however many there are. */
export function possibleNodes({ name, nodes }: Pick<ServiceSpec, "name" | "nodes">): readonly string[] {
  return nodeNames(prefixOf({ name, nodes }), nodesMax);
}

/** Undefined: the service is that of the shorthand. */
export function prefixOf({ name, nodes }: Pick<ServiceSpec, "name" | "nodes">): string | undefined {
  return name === defaultService && nodes[0] === "n1" ? undefined : name;
}

/** A service of the bundled store with nothing said about it but this. */
export function storeService(name: string, nodes: readonly string[], store: StoreSpec = raftDefaults): StoreService {
  return { name, store, nodes, zones: {}, protect: [], dependsOn: [], limits: noLimits, hooks: noHooks };
}

/** What a spec is that says nothing but its services. */
export const clusterDefaults = { logging: { ship: null }, links: [], seed: 1 } as const satisfies Omit<
  ClusterSpec,
  "name" | "services"
>;

/** The spec of a folder that has none: three raft nodes. */
export function defaultSpec(name: string, nodes = defaultNodes): ClusterSpec {
  return { name, services: [storeService(defaultService, nodeNames(undefined, nodes))], ...clusterDefaults };
}

/** What the built image of a service is called that gives it no name. */
export function builtImage(cluster: string, service: string): string {
  return `devious-${cluster}-${service}`;
}

export function isImage(service: ServiceSpec): service is ImageService {
  return "image" in service;
}

/** A receiver in the cluster itself is known by its URL's host, which is a node's name. Null: logs are sent nowhere. */
export function shippingOf({ services, logging: { ship } }: ClusterSpec): Shipping | null {
  if (ship === null) return null;
  const host = new URL(ship.otlp).hostname;
  return { ...ship, receiver: services.some(({ nodes }) => nodes.includes(host)) ? host : null };
}

/** What a node is to faults. */
export interface Place {
  readonly zone: string | null;
  readonly protected: boolean;
}

export function placeOf({ name, zones, protect }: ServiceSpec, node: string): Place {
  return { zone: zones[node] ?? zones[name] ?? null, protected: protect === "all" || protect.includes(node) };
}
