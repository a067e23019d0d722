import { createHash } from "node:crypto";
import { label } from "../core/labels.js";
import type { Role } from "../core/labels.js";
import { agentEnv, agentPaths, clientPort, dataDir, nodeEnv } from "../core/node-contract.js";
import type { ContainerSpec, Labels } from "../engine/port.js";
import { imagePaths } from "../image/recipe.js";
import type { ServiceSpec } from "../spec/cluster-spec.js";
import { agentContainerName, ledgerVolumeName, networkName, nodeContainerName, nodeVolumeName } from "./names.js";
import type { Member, NodeBoot } from "./plan.js";

/** What all things of one cluster have in common. */
export interface Identity {
  readonly cluster: string;
  /** Absolute folder of the spec. */
  readonly owner: string;
  /** Image reference; it changes with the version and with what is in the image. */
  readonly image: string;
}

export function clusterLabels({ cluster, owner }: Identity): Labels {
  return { [label.cluster]: cluster, [label.owner]: owner };
}

/** Changes exactly when a container must be made anew: not with its peers, which the store keeps itself. Undefined: the agent. */
export function containerHash(image: string, service: ServiceSpec | undefined): string {
  const facts = service === undefined ? { image } : { image, store: service.store };
  return createHash("sha256").update(JSON.stringify(facts)).digest("hex").slice(0, 16);
}

export function nodeContainer(identity: Identity, boot: NodeBoot): ContainerSpec {
  const { cluster, image } = identity;
  const { node, service } = boot;
  // one design so far, so the program needs no telling
  const { electionTimeoutMs, heartbeatIntervalMs, snapshotEntries } = service.store;
  return {
    name: nodeContainerName(cluster, node),
    image,
    labels: {
      ...clusterLabels(identity),
      [label.role]: "node" satisfies Role,
      [label.service]: service.name,
      [label.node]: node,
      [label.member]: String(boot.member),
      [label.hash]: containerHash(image, service),
    },
    command: ["node", imagePaths.store],
    environment: {
      [nodeEnv.cluster]: cluster,
      [nodeEnv.service]: service.name,
      [nodeEnv.node]: node,
      [nodeEnv.member]: String(boot.member),
      [nodeEnv.members]: formatMembers(boot.members),
      [nodeEnv.clusterState]: boot.clusterState,
      [nodeEnv.options]: JSON.stringify({ electionTimeoutMs, heartbeatIntervalMs, snapshotEntries }),
    },
    hostname: node,
    network: networkName(cluster),
    aliases: [node],
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

function formatMembers(members: readonly Member[]): string {
  return members.map(({ id, node }) => `${id}=${node}`).join(",");
}

/** `engineSocket`: path of the engine's socket as the engine itself sees it. */
export function agentContainer(identity: Identity, engineSocket: string): ContainerSpec {
  const { cluster, image } = identity;
  return {
    name: agentContainerName(cluster),
    image,
    labels: { ...clusterLabels(identity), [label.role]: "agent" satisfies Role, [label.hash]: containerHash(image, undefined) },
    command: ["node", imagePaths.agent],
    environment: { [agentEnv.cluster]: cluster },
    hostname: "chaos",
    // it reaches the engine by its socket and the nodes by their namespaces
    network: "none",
    aliases: [],
    volumes: [{ name: ledgerVolumeName(cluster), path: agentPaths.ledgerDir, labels: clusterLabels(identity) }],
    ports: [],
    agent: { engineSocketBind: `${engineSocket}:${agentPaths.engineSocket}` },
  };
}
