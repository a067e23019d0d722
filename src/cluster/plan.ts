import { label } from "../core/labels.js";
import type { ContainerInfo } from "../engine/port.js";
import type { ClusterSpec, ServiceSpec } from "../spec/cluster-spec.js";
import type { NodeContainer, Observed } from "./observe.js";

/**
 * What `up` has to do to get from what is there to what the spec asks for: a value, so that `--dry-run` prints it and tests read it.
 * Nothing to do is an empty plan.
 */
export interface Plan {
  readonly network: "create" | "keep";
  readonly agent: AgentStep;
  /** Made or started together, then waited for together. */
  readonly boot: readonly BootStep[];
  /** Carried out one after another on the running cluster, so that a quorum stays: each ends ready. */
  readonly change: readonly ChangeStep[];
  /** Services that have run before: their configuration is compared with the spec at the end. */
  readonly standing: readonly ServiceSpec[];
}

export type AgentStep =
  | { readonly kind: "keep"; readonly id: string }
  | { readonly kind: "create" }
  | { readonly kind: "start"; readonly id: string }
  | { readonly kind: "remake"; readonly id: string };

/** A member of a store's configuration: its number and its name on the cluster network. */
export interface Member {
  readonly id: number;
  readonly node: string;
}

/** All it takes to make a node's container. */
export interface NodeBoot {
  readonly node: string;
  readonly service: ServiceSpec;
  readonly member: number;
  readonly members: readonly Member[];
  /** `new`: first boot of all members together · `existing`: joins, or comes back to, a cluster that knows itself. */
  readonly clusterState: "new" | "existing";
}

export type BootStep =
  /** `stale`: a container in its place that cannot be used. `freshVolume`: no data may be found, whatever is there. */
  | { readonly kind: "create"; readonly boot: NodeBoot; readonly stale: string | undefined; readonly freshVolume: boolean }
  | { readonly kind: "start"; readonly boot: NodeBoot; readonly id: string };

export type ChangeStep =
  /** Other options or another image: the container is made anew on the same volume. */
  | { readonly kind: "remake"; readonly boot: NodeBoot; readonly id: string }
  /** A node without data joins a running service, under a number never used before. `stale`: its container of before. */
  | { readonly kind: "join"; readonly node: string; readonly service: ServiceSpec; readonly stale: string | undefined }
  /** The spec no longer has it: leaves the configuration, then goes with its volume (the others hold its data). */
  | { readonly kind: "leave"; readonly node: string; readonly service: ServiceSpec; readonly id: string | undefined }
  /** Its whole service is gone from the spec: the containers go, the volumes stay. */
  | { readonly kind: "drop"; readonly node: string; readonly id: string };

/** `hashOf` tells when a service's containers, or (without one) the agent's, must be made anew. */
export function planUp(spec: ClusterSpec, observed: Observed, hashOf: (service: ServiceSpec | undefined) => string): Plan {
  const networkGone = observed.networks.length === 0;
  const services = spec.services.map((service) => planService(service, observed, hashOf(service), networkGone));
  const known = new Set(spec.services.map((service) => service.name));
  const dropped = observed.nodes.filter((node) => !known.has(node.service));
  return {
    network: networkGone ? "create" : "keep",
    agent: planAgent(observed.agent, hashOf(undefined)),
    boot: services.flatMap(({ boot }) => boot),
    change: [
      ...services.flatMap(({ change }) => change),
      ...dropped.map((node): ChangeStep => ({ kind: "drop", node: node.node, id: node.id })),
    ],
    standing: services.flatMap(({ isNew, service }) => (isNew ? [] : [service])),
  };
}

export function isNothing(plan: Plan): boolean {
  return plan.network === "keep" && plan.agent.kind === "keep" && plan.boot.length === 0 && plan.change.length === 0;
}

/** The plan as sentences, in the order in which it is carried out. */
export function describePlan(plan: Plan): readonly string[] {
  const agent = { keep: [], create: ["create the agent"], start: ["start the agent"], remake: ["make the agent anew"] };
  return [
    ...(plan.network === "create" ? ["create the network"] : []),
    ...agent[plan.agent.kind],
    ...plan.boot.map((step) => {
      const anew = step.kind === "create" && step.stale !== undefined;
      return anew
        ? `make ${step.boot.node} anew${step.freshVolume ? "" : ", keeping its volume"}`
        : `${step.kind} ${step.boot.node}`;
    }),
    ...plan.change.map((step) => {
      switch (step.kind) {
        case "remake":
          return `make ${step.boot.node} anew, keeping its volume`;
        case "join":
          return `create ${step.node} and let it join ${step.service.name}`;
        case "leave":
          return `let ${step.node} leave ${step.service.name}, then remove it and its volume`;
        case "drop":
          return `remove ${step.node}, keeping its volume`;
      }
    }),
  ];
}

function planAgent(agent: ContainerInfo | undefined, hash: string): AgentStep {
  if (agent === undefined) return { kind: "create" };
  if (agent.labels[label.hash] !== hash) return { kind: "remake", id: agent.id };
  return agent.state === "running" ? { kind: "keep", id: agent.id } : { kind: "start", id: agent.id };
}

interface ServicePlan {
  readonly service: ServiceSpec;
  readonly isNew: boolean;
  readonly boot: readonly BootStep[];
  readonly change: readonly ChangeStep[];
}

function planService(service: ServiceSpec, observed: Observed, hash: string, networkGone: boolean): ServicePlan {
  const containers = new Map(observed.nodes.filter((node) => node.service === service.name).map((node) => [node.node, node]));
  const members = membersOnDisk(observed, service);
  if (neverRan(members, [...containers.values()])) {
    // nobody has data: all nodes found a configuration together
    const all = service.nodes.map((node, i): Member => ({ id: i + 1, node }));
    const boot = all.map(({ id, node }): BootStep => {
      const nodeBoot: NodeBoot = { node, service, member: id, members: all, clusterState: "new" };
      return { kind: "create", boot: nodeBoot, stale: containers.get(node)?.id, freshVolume: true };
    });
    const extra = [...containers.values()].filter(({ node }) => !service.nodes.includes(node));
    return { service, isNew: true, boot, change: extra.map(({ node, id }) => ({ kind: "drop", node, id })) };
  }

  const boot: BootStep[] = [];
  const change: ChangeStep[] = [];
  for (const node of service.nodes) {
    const member = members.find((one) => one.node === node)?.id;
    const container = containers.get(node);
    if (member === undefined) {
      change.push({ kind: "join", node, service, stale: container?.id });
      continue;
    }
    const nodeBoot: NodeBoot = { node, service, member, members, clusterState: "existing" };
    // a container whose network was removed never starts again, not even on a new network of that name
    if (container === undefined || networkGone) {
      boot.push({ kind: "create", boot: nodeBoot, stale: container?.id, freshVolume: false });
    } else if (container.labels[label.hash] !== hash) change.push({ kind: "remake", boot: nodeBoot, id: container.id });
    else if (!isUp(container)) boot.push({ kind: "start", boot: nodeBoot, id: container.id });
  }
  const wanted = new Set(service.nodes);
  const leavers = new Set([...members.map(({ node }) => node), ...containers.keys()].filter((node) => !wanted.has(node)));
  for (const node of leavers) change.push({ kind: "leave", node, service, id: containers.get(node)?.id });
  return { service, isNew: false, boot, change };
}

/** No data, or only the empty volumes of containers that a killed `up` had made and never started. */
function neverRan(members: readonly Member[], containers: readonly NodeContainer[]): boolean {
  if (members.length === 0) return true;
  const unborn = new Set(containers.filter(({ state }) => state === "created").map(({ node }) => node));
  return members.every(({ node }) => unborn.has(node)) && unborn.size === containers.length;
}

/** Paused counts as up: somebody wants it so, and a fault ends by itself. */
function isUp(container: NodeContainer): boolean {
  return container.state === "running" || container.state === "paused" || container.state === "restarting";
}

/** The members of a service that have data, as their volumes say. */
function membersOnDisk(observed: Observed, service: ServiceSpec): readonly Member[] {
  return observed.volumes
    .filter(({ labels }) => labels[label.service] === service.name && labels[label.member] !== undefined)
    .map(({ labels }): Member => ({ id: Number(labels[label.member]), node: labels[label.node] ?? "" }))
    .sort((a, b) => a.id - b.id);
}
