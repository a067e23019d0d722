/** What a node of the user's image is made of. Pure. */
import { isDeepStrictEqual } from "node:util";
import { label } from "../core/labels.js";
import type { ContainerSpec, Labels, PortMapping, VolumeMount } from "../engine/port.js";
import { imageDefaults } from "../spec/cluster-spec.js";
import type { ImageService } from "../spec/cluster-spec.js";
import type { ReadySpec } from "../spec/own-image.js";
import { imageVolumeName, sharedVolumeName } from "./names.js";
import type { ReadyLabel } from "./ready/index.js";

/** Facts for which a container is made anew, besides those that every spec has always had. */
const remakers = [
  "roles",
  "logs",
  "volumes",
  "files",
  "restart",
  "user",
  "capAdd",
  "ulimits",
  "stopGraceMs",
  "labels",
  "limits",
] as const satisfies readonly (keyof typeof imageDefaults)[];

/** Of a service that is filled in for this node. `id`: a rebuilt image keeps its name. What is at its default goes unsaid. */
export function imageFacts(service: ImageService, node: string, id: string | undefined): object {
  const { image, entrypoint, command, environment, ready } = service;
  const ports = portsOf(service, node);
  const changed = remakers.filter((fact) => !isDeepStrictEqual(service[fact], imageDefaults[fact]));
  return {
    image,
    id,
    entrypoint,
    command,
    environment,
    ports: ports.map(({ container }) => container),
    ...(ports.some(({ host }) => host !== null) ? { hostPorts: ports.map(({ host }) => host) } : {}),
    ...(ready === null ? {} : { ready: readyLabel(ready) }),
    ...Object.fromEntries(changed.map((fact) => [fact, service[fact]])),
  };
}

/** All that it takes to ask a node once. How often and for how long `up` asks makes no other container. */
export function readyLabel({ probe, attemptTimeoutMs }: ReadySpec): ReadyLabel {
  return { probe, attemptTimeoutMs };
}

type OwnPart = Omit<ContainerSpec, "name" | "labels" | "environment" | "hostname" | "network" | "aliases">;

/** The part of a node's container that its service alone decides, which is filled in for this node. `labels`: of what the cluster owns. */
export function imagePart(cluster: string, labels: Labels, service: ImageService, node: string): OwnPart {
  const { image, entrypoint, command, volumes, restart, user, capAdd, ulimits, limits, stopGraceMs } = service;
  return {
    image,
    entrypoint: entrypoint ?? undefined,
    command: command ?? [],
    volumes: volumeMounts(cluster, labels, service, node),
    binds: volumes.flatMap((one) =>
      one.type === "bind" ? { source: one.source, path: one.target, readOnly: one.readOnly } : [],
    ),
    tmpfs: volumes.flatMap((one) => (one.type === "tmpfs" ? { path: one.target, sizeBytes: one.sizeBytes } : [])),
    ports: portsOf(service, node),
    restart,
    user: user ?? undefined,
    capAdd,
    ulimits,
    cpus: limits.cpus ?? undefined,
    memoryBytes: limits.memoryBytes ?? undefined,
    stopGraceMs,
  };
}

/** A volume of a node is known by the node's labels, and by having no member's number it is told from a store's. */
function volumeMounts(cluster: string, labels: Labels, service: ImageService, node: string): readonly VolumeMount[] {
  return service.volumes.flatMap((one) => {
    if (one.type !== "volume") return [];
    const { name, target: path, readOnly } = one;
    return one.shared
      ? { name: sharedVolumeName(cluster, name), path, readOnly, labels }
      : {
          name: imageVolumeName(cluster, node, name),
          path,
          readOnly,
          labels: { ...labels, [label.service]: service.name, [label.node]: node },
        };
  });
}

function portsOf({ ports, nodes }: ImageService, node: string): readonly PortMapping[] {
  return ports.map(({ container, host }) => ({ container, host: host?.[nodes.indexOf(node)] ?? null }));
}
