import { label } from "../core/labels.js";
import type { StandingLink } from "../chaos/standing-link.js";
import type { ContainerInfo } from "../engine/port.js";
import { isImage, shippingOf } from "../spec/cluster-spec.js";
import type { ClusterSpec, ImageService, ServiceSpec, Shipping, StoreService } from "../spec/cluster-spec.js";
import { assertOwnVolumes } from "./foreign-volumes.js";
import { describeLinkStep, planLinks } from "./links.js";
import type { LinkStep } from "./links.js";
import { isBundled, isUp } from "./observe.js";
import { behind, describeDependencies, inOrder } from "./start-order.js";
import type { NodeContainer, Observed } from "./observe.js";
import { describeShipperStep, planShipper } from "./shipping/plan.js";
import type { ShipperStep } from "./shipping/plan.js";

/**
 * What `up` has to do to get from what is there to what the spec asks for: a value, so that `--dry-run` prints it and tests read it.
 * Nothing to do is an empty plan.
 */
export interface Plan {
  readonly network: "create" | "keep";
  readonly agent: AgentStep;
  readonly shipper: ShipperStep;
  /** Made together, then started in the order of their services' dependencies, then waited for together. */
  readonly boot: readonly BootStep[];
  /** Carried out one after another on the running cluster, so that a quorum stays: each ends ready. */
  readonly change: readonly ChangeStep[];
  /** Stores that have run before: their configuration is compared with the spec at the end. */
  readonly standing: readonly StoreService[];
  /** Nodes that stay down because a fault wants them so: that is how they were asked to be. */
  readonly heldDown: readonly string[];
  /** The last of all: a cluster boots on plain links. */
  readonly links: LinkStep;
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
export type NodeBoot = StoreBoot | ImageBoot;

export interface StoreBoot {
  readonly node: string;
  readonly service: StoreService;
  readonly member: number;
  readonly members: readonly Member[];
  /** `new`: first boot of all members together · `existing`: joins, or comes back to, a cluster that knows itself. */
  readonly clusterState: "new" | "existing";
}

export interface ImageBoot {
  readonly node: string;
  readonly service: ImageService;
}

export type BootStep =
  /** `stale`: a container in its place that cannot be used. `freshVolume`: no data may be found, whatever is there. */
  | { readonly kind: "create"; readonly boot: NodeBoot; readonly stale: string | undefined; readonly freshVolume: boolean }
  /** `neverRan`: what goes into its container may not be there yet. */
  | { readonly kind: "start"; readonly boot: NodeBoot; readonly id: string; readonly neverRan: boolean };

export type ChangeStep =
  /** A node that boots behind services which are changed first. */
  | { readonly kind: "boot"; readonly step: BootStep }
  /** Other facts or another image: the container is made anew, on its volume where it has one. */
  | { readonly kind: "remake"; readonly boot: NodeBoot; readonly id: string }
  /** A node without data joins a running service, under a number never used before. `stale`: its container of before. */
  | { readonly kind: "join"; readonly node: string; readonly service: StoreService; readonly stale: string | undefined }
  /** The spec no longer has it: leaves the configuration, then goes with its volume (the others hold its data). */
  | { readonly kind: "leave"; readonly node: string; readonly service: StoreService; readonly id: string | undefined }
  /** Its whole service is gone from the spec, or it never had data: the container goes, a volume stays. */
  | { readonly kind: "drop"; readonly node: string; readonly id: string; readonly hasData: boolean };

/** What containers of now carry in their label where they need not be made anew. */
export interface Hashes {
  readonly agent: string;
  readonly shipper: (shipping: Shipping) => string;
  readonly node: (service: ServiceSpec, node: string) => string;
}

/** What is known of nodes beyond what their labels and states say. */
export interface Known {
  /** Nodes that an active fault keeps from running. */
  readonly keptDown: ReadonlySet<string>;
  /**
   * Service -> the members that its leader knows, where one answers: a node may have another number than its volume was made with, or be no
   * member any more.
   */
  readonly configured: ReadonlyMap<string, readonly Member[]>;
  /** Nodes that were there to come to an end, and have, with exit code 0. */
  readonly completed: ReadonlySet<string>;
  /** The links that the agent says are in force; null where it cannot say. */
  readonly linked: readonly StandingLink[] | null;
}

const nothingKnown: Known = { keptDown: new Set(), configured: new Map(), completed: new Set(), linked: [] };

export function planUp(spec: ClusterSpec, observed: Observed, hashes: Hashes, known: Partial<Known> = {}): Plan {
  assertOwnVolumes(spec, observed);
  const world: World = { ...nothingKnown, ...known, observed, hashes, networkGone: observed.networks.length === 0 };
  const planOf = new Map(
    spec.services.map((service) => [service, isImage(service) ? planImages(service, world) : planStore(service, world)]),
  );
  const services = [...planOf.values()];
  const changed = new Set([...planOf].flatMap(([{ name }, { change }]) => (change.some(isRenewal) ? name : [])));
  const late = behind(changed, spec.services);
  const changes = inOrder([...planOf.keys()]).flatMap((service): readonly ChangeStep[] => {
    const { boot, change } = planOf.get(service) ?? emptyPlan();
    return [...change, ...(late.has(service.name) ? boot.map((step) => ({ kind: "boot" as const, step })) : [])];
  });
  const names = new Set(spec.services.map((service) => service.name));
  const dropped = observed.nodes.filter((node) => !names.has(node.service));
  const boot = [...planOf].flatMap(([{ name }, service]) => (late.has(name) ? [] : service.boot));
  return {
    network: world.networkGone ? "create" : "keep",
    agent: planAgent(observed.agent, hashes.agent),
    shipper: planShipper(observed.shipper, shippingOf(spec), hashes.shipper, world.networkGone),
    boot,
    change: [...changes, ...dropped.map((node) => dropStep(node, world))],
    standing: services.flatMap(({ standing }) => standing),
    heldDown: services.flatMap(({ heldDown }) => heldDown),
    links: planLinks(spec, observed, boot.length > 0, world.linked),
  };
}

/** What others depend on is not as it will be before this is done. */
function isRenewal({ kind }: ChangeStep): boolean {
  return kind === "remake" || kind === "join";
}

export function isNothing(plan: Plan): boolean {
  const { network, agent, shipper, boot, change, links } = plan;
  const isShipperKept = shipper.kind === "none" || shipper.kind === "keep";
  const areNodesKept = boot.length === 0 && change.length === 0;
  return network === "keep" && agent.kind === "keep" && isShipperKept && areNodesKept && links.kind === "keep";
}

/** True where faults keep so many nodes of a store down that it cannot have a quorum until they end. */
export function lacksQuorum({ standing, heldDown }: Plan): boolean {
  return standing.some(({ nodes }) => 2 * nodes.filter((node) => heldDown.includes(node)).length >= nodes.length);
}

/** The plan as sentences, in the order in which it is carried out. */
export function describePlan(plan: Plan): readonly string[] {
  const agent = { keep: [], create: ["create the agent"], start: ["start the agent"], remake: ["make the agent anew"] };
  return [
    ...(plan.network === "create" ? ["create the network"] : []),
    ...agent[plan.agent.kind],
    ...describeShipperStep(plan.shipper),
    ...plan.boot.map(describeBoot),
    ...plan.change.map((step) => {
      switch (step.kind) {
        case "boot":
          return describeBoot(step.step);
        case "remake":
          return makeAnew(step.boot, true);
        case "join":
          return `create ${step.node} and let it join ${step.service.name}`;
        case "leave":
          return `let ${step.node} leave ${step.service.name}, then remove it and its volume`;
        case "drop":
          return `remove ${step.node}${step.hasData ? ", keeping its volume" : ""}`;
      }
    }),
    ...describeLinkStep(plan.links),
  ];
}

function describeBoot(step: BootStep): string {
  const order = describeDependencies(step.boot.service.dependsOn);
  if (step.kind === "start") return `start ${step.boot.node}${order === "" ? "" : ` once ${order}`}`;
  const made = step.stale === undefined ? `create ${step.boot.node}` : makeAnew(step.boot, !step.freshVolume);
  return `${made}${order === "" ? "" : `, to start once ${order}`}`;
}

function makeAnew(boot: NodeBoot, keeping: boolean): string {
  return `make ${boot.node} anew${keeping && hasVolume(boot) ? ", keeping its volume" : ""}`;
}

function hasVolume(boot: NodeBoot): boolean {
  return "members" in boot || boot.service.volumes.some((one) => one.type === "volume" && !one.shared);
}

function planAgent(agent: ContainerInfo | undefined, hash: string): AgentStep {
  if (agent === undefined) return { kind: "create" };
  if (agent.labels[label.hash] !== hash) return { kind: "remake", id: agent.id };
  return agent.state === "running" ? { kind: "keep", id: agent.id } : { kind: "start", id: agent.id };
}

interface World extends Known {
  readonly observed: Observed;
  readonly hashes: Hashes;
  readonly networkGone: boolean;
}

type ServicePlan = Pick<Plan, "boot" | "change" | "standing" | "heldDown">;

function planStore(service: StoreService, world: World): ServicePlan {
  const containers = containersOf(service, world);
  const members = membersOnDisk(world, service);
  if (neverRan(members, [...containers.values()])) {
    // nobody has data: all nodes found a configuration together
    const all = service.nodes.map((node, i): Member => ({ id: i + 1, node }));
    const boot = all.map(({ id, node }): BootStep => {
      const nodeBoot: NodeBoot = { node, service, member: id, members: all, clusterState: "new" };
      return { kind: "create", boot: nodeBoot, stale: containers.get(node)?.id, freshVolume: true };
    });
    return { boot, change: surplus(service, containers).map((node) => dropStep(node, world)), standing: [], heldDown: [] };
  }

  const plan = emptyPlan();
  for (const node of service.nodes) {
    const member = members.find((one) => one.node === node)?.id;
    const container = containers.get(node);
    if (member === undefined) plan.change.push({ kind: "join", node, service, stale: container?.id });
    else planNode({ node, service, member, members, clusterState: "existing" }, container, world, plan);
  }
  const wanted = new Set(service.nodes);
  const leavers = new Set([...members.map(({ node }) => node), ...containers.keys()].filter((node) => !wanted.has(node)));
  for (const node of leavers) plan.change.push({ kind: "leave", node, service, id: containers.get(node)?.id });
  return { ...plan, standing: [service] };
}

/** Nodes without data and without a configuration: each is for itself. */
function planImages(service: ImageService, world: World): ServicePlan {
  const containers = containersOf(service, world);
  const plan = emptyPlan();
  for (const node of service.nodes) planNode({ node, service }, containers.get(node), world, plan);
  plan.change.push(...surplus(service, containers).map((node) => dropStep(node, world)));
  return plan;
}

interface GrowingPlan {
  readonly boot: BootStep[];
  readonly change: ChangeStep[];
  readonly standing: readonly StoreService[];
  readonly heldDown: string[];
}

function emptyPlan(): GrowingPlan {
  return { boot: [], change: [], standing: [], heldDown: [] };
}

/** Adds what a node that has booted before, or needs nobody to boot, lacks. */
function planNode(boot: NodeBoot, container: NodeContainer | undefined, world: World, plan: GrowingPlan): void {
  const { hashes, networkGone, keptDown, completed } = world;
  // a container whose network was removed never starts again, not even on a new network of that name
  if (container === undefined || networkGone) {
    plan.boot.push({ kind: "create", boot, stale: container?.id, freshVolume: false });
  } else if (!isUp(container) && keptDown.has(boot.node)) plan.heldDown.push(boot.node);
  else if (container.labels[label.hash] !== hashes.node(boot.service, boot.node)) {
    plan.change.push({ kind: "remake", boot, id: container.id });
  } else if (!isUp(container) && !completed.has(boot.node)) {
    plan.boot.push({ kind: "start", boot, id: container.id, neverRan: container.state === "created" });
  }
}

function containersOf({ name }: ServiceSpec, { observed }: World): ReadonlyMap<string, NodeContainer> {
  return new Map(observed.nodes.filter((node) => node.service === name).map((node) => [node.node, node]));
}

function surplus({ nodes }: ServiceSpec, containers: ReadonlyMap<string, NodeContainer>): readonly NodeContainer[] {
  return [...containers.values()].filter(({ node }) => !nodes.includes(node));
}

function dropStep(container: NodeContainer, { observed }: World): ChangeStep {
  const hasData = isBundled(container) || observed.volumes.some(({ labels }) => labels[label.node] === container.node);
  return { kind: "drop", node: container.node, id: container.id, hasData };
}

/** No data, or only the empty volumes of containers that a killed `up` had made and never started. */
function neverRan(members: readonly Member[], containers: readonly NodeContainer[]): boolean {
  if (members.length === 0) return true;
  const unborn = new Set(containers.filter(({ state }) => state === "created").map(({ node }) => node));
  return members.every(({ node }) => unborn.has(node)) && unborn.size === containers.length;
}

/** The members of a service that have data, as their volumes say; which of these are members, and their numbers, the store knows better. */
function membersOnDisk({ observed, configured }: World, service: StoreService): readonly Member[] {
  const known = configured.get(service.name);
  return observed.volumes
    .filter(({ labels }) => labels[label.service] === service.name && labels[label.member] !== undefined)
    .map(({ labels }): Member => ({ id: Number(labels[label.member]), node: labels[label.node] ?? "" }))
    .flatMap((member) => (known === undefined ? member : known.filter(({ node }) => node === member.node)))
    .sort((a, b) => a.id - b.id);
}
