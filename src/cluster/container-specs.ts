import { createHash } from "node:crypto";
import { label } from "../core/labels.js";
import type { Role } from "../core/labels.js";
import { agentEnv, agentPaths, clientPort, dataDir, nodeEnv } from "../core/node-contract.js";
import type { ContainerSpec, Labels } from "../engine/port.js";
import { imagePaths } from "../image/recipe.js";
import { isImage, placeOf } from "../spec/cluster-spec.js";
import type { ImageService, ServiceSpec } from "../spec/cluster-spec.js";
import { agentContainerName, ledgerVolumeName, networkName, nodeContainerName, nodeVolumeName } from "./names.js";
import type { ImageBoot, Member, NodeBoot, StoreBoot } from "./plan.js";

/** What all things of one cluster have in common. */
export interface Identity {
  readonly cluster: string;
  /** Absolute folder of the spec. */
  readonly owner: string;
  /** Reference of the node image; it changes with the version and with what is in the image. */
  readonly image: string;
  /** The user's images: reference -> id. */
  readonly imageIds: ReadonlyMap<string, string>;
}

export function clusterLabels({ cluster, owner }: Identity): Labels {
  return { [label.cluster]: cluster, [label.owner]: owner };
}

/**
 * What a container must be made anew for: never its peers, which the store knows itself. A fact that a spec does not mention has no part
 * in it, so that a new kind of fact leaves the containers of before as they are.
 */
export function nodeHash({ image, imageIds }: Pick<Identity, "image" | "imageIds">, service: ServiceSpec, node: string): string {
  const { zone, protected: isProtected } = placeOf(service, node);
  return hashOf({
    ...(isImage(service) ? imageFacts(service, imageIds.get(service.image)) : { image, store: service.store }),
    ...(zone === null ? {} : { zone }),
    ...(isProtected ? { protect: true } : {}),
  });
}

/** `id`: a rebuilt image keeps its name. */
function imageFacts(service: ImageService, id: string | undefined): object {
  const { image, entrypoint, command, environment, ports, roles, logs } = service;
  return {
    image,
    id,
    entrypoint,
    command,
    environment,
    ports,
    ...(roles === null ? {} : { roles }),
    ...(logs === null ? {} : { logs }),
  };
}

export function agentHash(image: string): string {
  return hashOf({ image });
}

function hashOf(facts: object): string {
  return createHash("sha256").update(JSON.stringify(facts)).digest("hex").slice(0, 16);
}

export function nodeContainer(identity: Identity, boot: NodeBoot): ContainerSpec {
  return "members" in boot ? storeContainer(identity, boot) : imageContainer(identity, boot);
}

function storeContainer(identity: Identity, boot: StoreBoot): ContainerSpec {
  const { cluster, image } = identity;
  const { node, service } = boot;
  // one design so far, so the program needs no telling
  const { electionTimeoutMs, heartbeatIntervalMs, snapshotEntries } = service.store;
  return {
    ...commonSpec(identity, node),
    image,
    labels: { ...nodeLabels(identity, service, node), [label.member]: String(boot.member) },
    command: ["node", imagePaths.store],
    environment: {
      ...commonEnvironment(identity, service, node),
      [nodeEnv.member]: String(boot.member),
      [nodeEnv.members]: formatMembers(boot.members),
      [nodeEnv.clusterState]: boot.clusterState,
      [nodeEnv.options]: JSON.stringify({ electionTimeoutMs, heartbeatIntervalMs, snapshotEntries }),
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
    ports: [clientPort],
  };
}

function imageContainer(identity: Identity, { node, service }: ImageBoot): ContainerSpec {
  const { image, entrypoint, command, environment, ports, roles, logs } = service;
  return {
    ...commonSpec(identity, node),
    image,
    labels: {
      ...nodeLabels(identity, service, node),
      ...(roles === null ? {} : { [label.roles]: JSON.stringify(roles) }),
      ...(logs === null ? {} : { [label.logs]: JSON.stringify(logs) }),
    },
    entrypoint: entrypoint ?? undefined,
    command: command ?? [],
    environment: { ...commonEnvironment(identity, service, node), ...environment },
    volumes: [],
    ports,
  };
}

function commonSpec({ cluster }: Identity, node: string) {
  return { name: nodeContainerName(cluster, node), hostname: node, network: networkName(cluster), aliases: [node] };
}

function nodeLabels(identity: Identity, service: ServiceSpec, node: string): Labels {
  const { zone, protected: isProtected } = placeOf(service, node);
  return {
    ...clusterLabels(identity),
    [label.role]: "node" satisfies Role,
    [label.service]: service.name,
    [label.node]: node,
    [label.hash]: nodeHash(identity, service, node),
    ...(zone === null ? {} : { [label.zone]: zone }),
    ...(isProtected ? { [label.protect]: "true" } : {}),
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
