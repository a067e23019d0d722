import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { label } from "../core/labels.js";
import type { Role } from "../core/labels.js";
import { agentEnv, agentPaths, clientPort, dataDir, nodeEnv, riakHttpPort, riakPbPort } from "../core/node-contract.js";
import { shipEnv, shipPaths, shipperNode } from "../core/ship-contract.js";
import { changedLeaderless } from "../core/leaderless-switches.js";
import { changedSwitches } from "../core/store-switches.js";
import type { ContainerSpec, Labels } from "../engine/port.js";
import { imagePaths } from "../image/recipe.js";
import { isImage, placeOf, raftDefaults } from "../spec/cluster-spec.js";
import type { RaftSpec, ServiceSpec, Shipping, StoreService, StoreSpec } from "../spec/cluster-spec.js";
import { forNode } from "../spec/templates.js";
import { noLimits } from "../spec/own-image.js";
import type { TlsClients } from "../store/node-options.js";
import { imageFacts, imagePart, readyLabel } from "./image-node.js";
import {
  agentContainerName,
  bookmarkVolumeName,
  ledgerVolumeName,
  networkName,
  nodeContainerName,
  nodeVolumeName,
  shipperContainerName,
} from "./names.js";
import { digestOf } from "./tls/certificates.js";
import type { Certificates } from "./tls/certificates.js";
import type { ImageBoot, Member, NodeBoot, StoreBoot } from "./plan.js";

/** What all things of one cluster have in common. */
export interface Identity {
  readonly cluster: string;
  /** Absolute folder of the spec. */
  readonly owner: string;
  /** Who makes it, {@link ./made.ts formatMade}; undefined: nobody who says so. */
  readonly made?: string | undefined;
  /** Reference of the node image; it changes with the version and with what is in the image. */
  readonly image: string;
  /** The user's images: reference -> id. */
  readonly imageIds: ReadonlyMap<string, string>;
  /** What `{{seed}}` is in what the spec says of images. */
  readonly seed: number;
  /** By service: what nodes show clients that come over TLS. */
  readonly certificates?: ReadonlyMap<string, Certificates>;
  /** Services whose nodes are there to come to an end. */
  readonly jobs?: ReadonlySet<string>;
}

export function clusterLabels({ cluster, owner, made }: Identity): Labels {
  return { [label.cluster]: cluster, [label.owner]: owner, ...(made === undefined ? {} : { [label.made]: made }) };
}

/**
 * What a container must be made anew for: never its peers, which the store knows itself. A fact that a spec does not mention has no part
 * in it, so that a new kind of fact leaves the containers of before as they are.
 */
export function nodeHash(
  identity: Pick<Identity, "image" | "imageIds" | "seed" | "certificates" | "jobs">,
  service: ServiceSpec,
  node: string,
): string {
  const { imageIds, seed, certificates, jobs } = identity;
  const { beforeDown } = service.hooks;
  const { zone, protected: isProtected } = placeOf(service, node);
  return hashOf({
    ...(isImage(service)
      ? imageFacts(forNode(service, node, seed), node, imageIds.get(service.image))
      : storeNodeFacts(identity, service)),
    ...tlsFacts(certificates?.get(service.name)),
    ...(zone === null ? {} : { zone }),
    ...(isProtected ? { protect: true } : {}),
    ...(jobs?.has(service.name) === true ? { completes: true } : {}),
    ...(beforeDown.length === 0 ? {} : { beforeDown }),
  });
}

/** Whatever the spec says of them, a certificate is what is in its files. */
function tlsFacts(certificates: Certificates | undefined): object {
  return certificates === undefined ? {} : { tls: digestOf(certificates) };
}

function storeNodeFacts({ image }: Pick<Identity, "image">, { store, limits }: StoreService): object {
  return { image, store: storeFacts(store), ...(isDeepStrictEqual(limits, noLimits) ? {} : { limits }) };
}

function storeFacts(store: StoreSpec): object {
  if (store.design === "leaderless") return { design: store.design, ...changedLeaderless(store.switches) };
  const { design, electionTimeoutMs, heartbeatIntervalMs, snapshotEntries, switches } = store;
  const always = { design, electionTimeoutMs, heartbeatIntervalMs, snapshotEntries };
  return { ...always, ...changedSwitches(switches), ...changedUpkeep(store) };
}

/** What is as it always is goes unsaid, so that containers of before need not be made anew. */
function changedUpkeep({ quotaBytes, autoCompaction }: Pick<RaftSpec, "quotaBytes" | "autoCompaction">): object {
  return {
    ...(quotaBytes === raftDefaults.quotaBytes ? {} : { quotaBytes }),
    ...(autoCompaction === null ? {} : { autoCompaction }),
  };
}

export function agentHash(image: string): string {
  return hashOf({ image });
}

/** What is secret in a header cannot be read off it. */
export function shipperHash(image: string, { otlp, headers, receiver }: Shipping): string {
  return hashOf({ image, otlp, headers, receiver });
}

function hashOf(facts: object): string {
  return createHash("sha256").update(JSON.stringify(facts)).digest("hex").slice(0, 16);
}

export function nodeContainer(identity: Identity, boot: NodeBoot): ContainerSpec {
  return "members" in boot ? storeContainer(identity, boot) : imageContainer(identity, boot);
}

/** Stopping a node gives it time to flush; it needs far less. */
const stopGraceMs = 5000;

function storeContainer(identity: Identity, boot: StoreBoot): ContainerSpec {
  const { cluster, image } = identity;
  const { node, service } = boot;
  const certificates = identity.certificates?.get(service.name);
  const tls: { tls?: TlsClients } =
    certificates === undefined ? {} : { tls: certificates.clientCa === null ? "any" : "certified" };
  return {
    ...commonSpec(identity, node),
    image,
    labels: {
      ...nodeLabels(identity, service, node),
      [label.member]: String(boot.member),
      ...(certificates === undefined ? {} : { [label.tls]: JSON.stringify(certificates.kept) }),
    },
    // MiB. What a request leaves behind is some KiB: a larger nursery takes memory on every node, a smaller one is collected more often
    command: ["node", "--max-semi-space-size=8", imagePaths.store],
    environment: {
      ...commonEnvironment(identity, service, node),
      [nodeEnv.member]: String(boot.member),
      [nodeEnv.members]: formatMembers(boot.members),
      [nodeEnv.clusterState]: boot.clusterState,
      [nodeEnv.options]: JSON.stringify({ ...storeOptions(service.store), ...tls }),
    },
    volumes: [
      {
        name: nodeVolumeName(cluster, node),
        path: dataDir,
        labels: {
          ...clusterLabels(identity),
          [label.service]: service.name,
          [label.node]: node,
          [label.member]: String(boot.member),
        },
      },
    ],
    ports: portsOf(service.store).map((container) => ({ container, host: null })),
    cpus: service.limits.cpus ?? undefined,
    memoryBytes: service.limits.memoryBytes ?? undefined,
    stopGraceMs,
  };
}

function portsOf({ design }: StoreSpec): readonly number[] {
  return design === "leaderless" ? [clientPort, riakPbPort, riakHttpPort] : [clientPort];
}

/** What the program is told; where it is told of no design, it is raft's. */
function storeOptions(store: StoreSpec): object {
  if (store.design === "leaderless") return { design: store.design, ...changedLeaderless(store.switches) };
  const { electionTimeoutMs, heartbeatIntervalMs, snapshotEntries, switches } = store;
  const always = { electionTimeoutMs, heartbeatIntervalMs, snapshotEntries };
  return { ...always, ...changedSwitches(switches), ...changedUpkeep(store) };
}

function imageContainer(identity: Identity, { node, service }: ImageBoot): ContainerSpec {
  const filled = forNode(service, node, identity.seed);
  const { environment, labels, ready, roles, logs } = filled;
  return {
    ...commonSpec(identity, node),
    // as in compose, who asks for a service gets one of its nodes; no node is called as a service is
    aliases: [node, service.name],
    ...imagePart(identity.cluster, clusterLabels(identity), filled, node),
    labels: {
      ...labels,
      ...nodeLabels(identity, service, node),
      ...(ready === null ? {} : { [label.ready]: JSON.stringify(readyLabel(ready)) }),
      ...(roles === null ? {} : { [label.roles]: JSON.stringify(roles) }),
      ...(logs === null ? {} : { [label.logs]: JSON.stringify(logs) }),
    },
    environment: { ...commonEnvironment(identity, service, node), ...environment },
  };
}

function commonSpec({ cluster }: Identity, node: string) {
  return { name: nodeContainerName(cluster, node), hostname: node, network: networkName(cluster), aliases: [node] };
}

function nodeLabels(identity: Identity, service: ServiceSpec, node: string): Labels {
  const { zone, protected: isProtected } = placeOf(service, node);
  const { beforeDown } = service.hooks;
  return {
    ...clusterLabels(identity),
    [label.role]: "node" satisfies Role,
    [label.service]: service.name,
    [label.node]: node,
    [label.hash]: nodeHash(identity, service, node),
    ...(zone === null ? {} : { [label.zone]: zone }),
    ...(isProtected ? { [label.protect]: "true" } : {}),
    ...(identity.jobs?.has(service.name) === true ? { [label.completes]: "true" } : {}),
    ...(beforeDown.length === 0 ? {} : { [label.hooks]: JSON.stringify(beforeDown) }),
  };
}

/** By which a program learns who it is. */
function commonEnvironment({ cluster }: Identity, service: ServiceSpec, node: string): Readonly<Record<string, string>> {
  return { [nodeEnv.cluster]: cluster, [nodeEnv.service]: service.name, [nodeEnv.node]: node };
}

function formatMembers(members: readonly Member[]): string {
  return members.map(({ id, node }) => `${id}=${node}`).join(",");
}

/** Where every Linux has its control groups. */
const hostCgroupDir = "/sys/fs/cgroup";

/** `engineSocket`: path of the engine's socket as the engine itself sees it. */
export function agentContainer(identity: Identity, engineSocket: string): ContainerSpec {
  const { cluster, image } = identity;
  return {
    name: agentContainerName(cluster),
    image,
    labels: { ...clusterLabels(identity), [label.role]: "agent" satisfies Role, [label.hash]: agentHash(image) },
    command: ["node", imagePaths.agent],
    environment: { [agentEnv.cluster]: cluster },
    hostname: "chaos",
    // it reaches the engine by its socket and the nodes by their namespaces
    network: "none",
    aliases: [],
    volumes: [{ name: ledgerVolumeName(cluster), path: agentPaths.ledgerDir, labels: clusterLabels(identity) }],
    ports: [],
    agent: { binds: [`${engineSocket}:${agentPaths.engineSocket}`, `${hostCgroupDir}:${agentPaths.cgroupDir}`] },
  };
}

/**
 * `engineSocket`: as for the agent. It is on the network of the engine's machine, whose `localhost` and names are what a URL in the spec
 * means; a receiver among the nodes is found on the cluster's network only.
 */
export function shipperContainer(identity: Identity, engineSocket: string, shipping: Shipping): ContainerSpec {
  const { cluster, image } = identity;
  const { otlp, headers, receiver } = shipping;
  return {
    name: shipperContainerName(cluster),
    image,
    labels: {
      ...clusterLabels(identity),
      [label.role]: "shipper" satisfies Role,
      [label.otlp]: otlp,
      [label.hash]: shipperHash(image, shipping),
    },
    // most of what it reads is gone at once: a small nursery costs it little and spares some 30 MB
    command: ["node", "--max-semi-space-size=4", imagePaths.shipper],
    environment: {
      [shipEnv.cluster]: cluster,
      [shipEnv.otlp]: otlp,
      [shipEnv.headers]: JSON.stringify(headers),
      ...(receiver === null ? {} : { [shipEnv.receiver]: receiver }),
    },
    hostname: shipperNode,
    network: receiver === null ? "host" : networkName(cluster),
    aliases: [],
    volumes: [{ name: bookmarkVolumeName(cluster), path: shipPaths.dir, labels: clusterLabels(identity) }],
    ports: [],
    shipper: { binds: [`${engineSocket}:${shipPaths.engineSocket}`] },
  };
}
