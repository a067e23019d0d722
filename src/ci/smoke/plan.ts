/** What `devious smoke` checks of a service: a list that can be printed, made before anything is done. */
import type { ImageService, ServiceSpec, StoreService } from "../../spec/cluster-spec.js";
import { isImage, placeOf } from "../../spec/cluster-spec.js";

export interface PlannedCheck {
  /** Unique in its service. */
  readonly id: string;
  readonly service: string;
  /** Null: it is about all of its nodes. */
  readonly node: string | null;
  readonly what: string;
  readonly act: Act;
  /** Checks that have to have passed; where one has not, this one is skipped. */
  readonly needs: readonly string[];
}

export type Act =
  /** Through one of these nodes, whichever takes them. */
  | { readonly do: "write"; readonly batch: Batch; readonly through: readonly string[] }
  /** All that was written, from each of these nodes; where that is eventual, a read may miss what is there, and is asked again. */
  | { readonly do: "read"; readonly from: readonly string[]; readonly isEventual: boolean }
  /** It stays down until it is told to return. */
  | { readonly do: "kill"; readonly node: string }
  | { readonly do: "return"; readonly node: string }
  /** All nodes come to hold the same. */
  | { readonly do: "converge" }
  | { readonly do: "ready"; readonly nodes: readonly string[] }
  /** The node is ready again after it. */
  | { readonly do: "hurt"; readonly node: string; readonly by: Hurt; readonly holdMs: number }
  /** Who leads is killed; somebody leads again. */
  | { readonly do: "fail-over"; readonly protect: readonly string[] }
  | { readonly do: "skip"; readonly why: string };

/** Keys that are written together. */
export type Batch = "before" | "meanwhile";
export const keysInBatch = 20;

/** In this order. */
const hurts = ["pause", "kill", "partition"] as const;
export type Hurt = (typeof hurts)[number];

/** How long a fault lasts once it is in force: as long as clients need to notice. A kill is over as soon as it is done. */
const holdMs = { pause: 500, kill: 0, partition: 1000 } as const satisfies Record<Hurt, number>;

/** What is known of a service besides what its spec says. */
interface ServiceFacts {
  /** Who leads a store just now; null: nobody does. */
  readonly leader: string | null;
  /** Its nodes are there to come to an end. */
  readonly isJob: boolean;
}

export function planSmoke(service: ServiceSpec, { leader, isJob }: ServiceFacts): readonly PlannedCheck[] {
  if (isJob) return [checkOf(service)("ready", null, "all have completed", { do: "ready", nodes: service.nodes })];
  return isImage(service) ? planImage(service) : planStore(service, leader);
}

/** What has to be so of a service after other things were done to the cluster than its own checks. */
export function planAfterwards(service: ServiceSpec, { isJob }: Pick<ServiceFacts, "isJob">): readonly PlannedCheck[] {
  if (isJob) return [];
  const check = checkOf(service);
  const { nodes } = service;
  const ready = check("ready-after", null, "all are ready after the scenario", { do: "ready", nodes });
  if (isImage(service)) return [ready];
  const reads = readFrom(service, nodes);
  return [
    ready,
    check("equal-after", null, "all hold the same after the scenario", { do: "converge" }, ["ready-after"]),
    check("kept-after", null, "nothing is lost after the scenario", reads, ["write", "ready-after"]),
  ];
}

function planStore(service: StoreService, leader: string | null): readonly PlannedCheck[] {
  const check = checkOf(service);
  const { nodes } = service;
  const [first = ""] = nodes;
  const begin = [
    check("write", first, `write ${keysInBatch} keys`, { do: "write", batch: "before", through: [first] }),
    ...nodes.map((node) => check(`read-${node}`, node, "read them", readFrom(service, [node]), ["write"])),
  ];
  const victim = victimOf(service, leader);
  if (victim === null) {
    const why = `All nodes of ${service.name} are protected.`;
    return [
      ...begin,
      check("kill", null, "kill one", { do: "skip", why }),
      check("equal", null, "all hold the same", { do: "converge" }),
    ];
  }
  const left = nodes.filter((node) => node !== victim);
  return [
    ...begin,
    check("kill", victim, victim === leader ? "kill it, the leader" : "kill it", { do: "kill", node: victim }, ["write"]),
    ...planMeanwhile(service, victim, left),
    check("return", victim, "it comes back", { do: "return", node: victim }, ["kill"]),
    check("equal", null, "all hold the same", { do: "converge" }, ["return"]),
    check("kept", null, "nothing is lost", readFrom(service, nodes), ["write", "return"]),
  ];
}

/** Reads and writes while one node is down: what a majority is for, where there is one without it. */
function planMeanwhile(service: StoreService, victim: string, left: readonly string[]): readonly PlannedCheck[] {
  if (service.nodes.length === 1) return [];
  const check = checkOf(service);
  const goesOn = service.store.design === "leaderless" || left.length > service.nodes.length / 2;
  const what = `write and read without ${victim}`;
  if (!goesOn) return [check("meanwhile", null, what, { do: "skip", why: `${left.join(", ")} alone is no majority.` })];
  const writes = { do: "write", batch: "meanwhile", through: left } as const;
  return [
    check("meanwhile", null, `write ${keysInBatch} keys without ${victim}`, writes, ["kill"]),
    check("read-meanwhile", null, `read them all without ${victim}`, readFrom(service, left), ["meanwhile"]),
  ];
}

/** In a ring two stand-ins may answer for owners that are away, and have nothing yet. */
function readFrom({ store }: StoreService, from: readonly string[]): Act {
  return { do: "read", from, isEventual: store.design === "leaderless" };
}

/** The leader, where it may be hurt: losing another node is not half as hard. */
function victimOf(service: StoreService, leader: string | null): string | null {
  const open = service.nodes.filter((node) => !placeOf(service, node).protected);
  return open.find((node) => node === leader) ?? open.at(-1) ?? null;
}

function planImage(service: ImageService): readonly PlannedCheck[] {
  const check = checkOf(service);
  const { nodes, roles } = service;
  const all = check("ready", null, "all are ready", { do: "ready", nodes });
  const kept = nodes.filter((node) => placeOf(service, node).protected);
  const each = nodes.flatMap((node) =>
    kept.includes(node)
      ? [check(`hurt-${node}`, node, "ready again after faults", { do: "skip", why: `${node} is protected.` })]
      : hurts.map((by, at) =>
          check(`${by}-${node}`, node, `ready again after ${nameOf[by]}`, { do: "hurt", node, by, holdMs: holdMs[by] }, [
            "ready",
            // who has not recovered from one fault says nothing about the next
            ...(at === 0 ? [] : [`${hurts[at - 1]}-${node}`]),
          ]),
        ),
  );
  const failOver =
    roles === null ? [] : [check("leader", null, "somebody leads again after the leader was killed", { do: "fail-over", protect: kept }, ["ready"])]; // prettier-ignore
  return [all, ...each, ...failOver, check("ready-all", null, "all are ready in the end", { do: "ready", nodes })];
}

const nameOf: Readonly<Record<Hurt, string>> = { pause: "a pause", kill: "a kill", partition: "a partition" };

function checkOf({ name }: ServiceSpec) {
  return (id: string, node: string | null, what: string, act: Act, needs: readonly string[] = []): PlannedCheck => ({
    id,
    service: name,
    node,
    what,
    act,
    needs,
  });
}
