/**
 * A fault whose nodes are still words: what a command line, a step of a scenario or a storm asks for. A wish is a value: it can be
 * printed, planned and saved without a cluster, and becomes a {@link Fault} once the cluster is known.
 */
import { DeviousError, allAtOnce } from "../core/errors.js";
import { invariant, unreachable } from "../core/invariant.js";
import type { Prng } from "../core/prng.js";
import type { ClockTrouble, DiskTrouble } from "../core/store-hooks.js";
import { type Fault, describeFault, problemsWithFault } from "./fault.js";
import type { Impairment } from "./impairment.js";
import type { Signal } from "./kill.js";
import { type Cut, type Shape, drawsGroups, formatShape, resolveShape, targetsIn } from "./shape.js";
import { type Direction, linksBetween } from "./slow.js";
import { type ClusterFacts, type Target, asksForLeader, formatTarget, isRandom, resolveTarget, unknownIn } from "./target.js";
import type { Traffic } from "./traffic.js";

export type Wish =
  | { readonly kind: "pause" | "wipe"; readonly target: Target }
  | { readonly kind: "partition"; readonly shape: Shape; readonly traffic: Traffic; readonly percent: number }
  | {
      readonly kind: "slow";
      readonly target: Target;
      /** At the other end of the links. */
      readonly to: "peers" | "clients" | "all" | Target;
      readonly direction: Direction;
      readonly impairment: Impairment;
      readonly traffic: Traffic;
    }
  | { readonly kind: "kill"; readonly target: Target; readonly signal: Signal }
  | { readonly kind: "stop" | "restart"; readonly target: Target; readonly graceMs: number }
  | { readonly kind: "crash-loop"; readonly target: Target; readonly everyMs: number }
  | { readonly kind: "cpu"; readonly target: Target; readonly cpus: number }
  | { readonly kind: "memory"; readonly target: Target; readonly bytes: number }
  | { readonly kind: "disk"; readonly target: Target; readonly trouble: DiskTrouble }
  | { readonly kind: "clock"; readonly target: Target; readonly trouble: ClockTrouble };

/** Every target in it. */
function targetsOf(wish: Wish): readonly Target[] {
  if (wish.kind === "partition") return targetsIn(wish.shape);
  return wish.kind === "slow" && typeof wish.to !== "string" ? [wish.target, wish.to] : [wish.target];
}

/** True where it cannot be resolved without knowing who leads. */
export function wishesForLeader(wish: Wish): boolean {
  return targetsOf(wish).some(asksForLeader);
}

/** True where another seed makes another fault of it. */
export function isRandomWish(wish: Wish): boolean {
  return targetsOf(wish).some(isRandom) || (wish.kind === "partition" && drawsGroups(wish.shape));
}

/** What is wrong with its values, each as one sentence, whatever cluster it may be meant for. */
export function problemsWithWish(wish: Wish): readonly string[] {
  const somewhere = withTargets(wish, () => ["somebody"], { grudge: { n1: ["n2"] }, shape: "" }, ["somebody"]);
  return problemsWithFault(onSomeLink(somewhere));
}

/** The same with a link that is sure to be there: the links of nobody in particular say nothing about those of a cluster. */
function onSomeLink(fault: Fault): Fault {
  return fault.kind === "slow"
    ? { ...fault, links: { somebody: { peers: ["peer"], clients: false, fromClients: false } } }
    : fault;
}

/** As people read it before anything is resolved: `pause leader`, `partition isolate random`. */
export function describeWish(wish: Wish): string {
  const shape = wish.kind === "partition" ? formatShape(wish.shape) : "";
  return describeFault(withTargets(wish, (target) => [formatTarget(target)], { grudge: {}, shape }, []));
}

/**
 * The fault, given the cluster as it is now. Draws from `prng` only where the wish leaves something to chance. Throws everything that is
 * wrong at once, values, targets and groups: UNKNOWN_NODE or NO_LEADER where that is all, else USAGE. `problems` are known already.
 */
export function buildFault(wish: Wish, facts: ClusterFacts, prng: Prng, problems: readonly string[] = []): Fault {
  const { fault, errors } = resolveWish(wish, facts, prng);
  const wrong = [...problems, ...problemsWithWish(wish), ...(fault === undefined ? [] : problemsOnCluster(fault, facts))];
  const [first, ...more] = [...[...new Set(wrong)].map((problem) => new DeviousError("USAGE", problem)), ...errors];
  if (first !== undefined) throw allAtOnce([first, ...more]);
  invariant(fault !== undefined, "a wish without errors has its fault");
  return fault;
}

/** The fault, else why its targets mean nobody. */
function resolveWish(
  wish: Wish,
  facts: ClusterFacts,
  prng: Prng,
): { readonly fault: Fault | undefined; readonly errors: readonly DeviousError[] } {
  const unknown = unknownIn(targetsOf(wish), facts);
  if (unknown.length > 0) return { fault: undefined, errors: unknown };
  const cluster = facts.nodes.map(({ node }) => node);
  try {
    const cut = wish.kind === "partition" ? resolveShape(wish.shape, facts, prng) : { grudge: {}, shape: "" };
    return { fault: withTargets(wish, (target) => resolveTarget(target, facts, prng), cut, cluster), errors: [] };
  } catch (error) {
    if (error instanceof DeviousError) return { fault: undefined, errors: [error] };
    throw error;
  }
}

/** What is wrong with a fault only on this cluster: no such link, no cut, no hooks. */
function problemsOnCluster(fault: Fault, { nodes }: ClusterFacts): readonly string[] {
  const hooked = fault.kind === "disk" || fault.kind === "clock" || fault.kind === "wipe" ? fault.nodes : [];
  const foreign = hooked.filter((name) => !nodes.some(({ node, bundled }) => node === name && bundled));
  return [...problemsWithFault(fault), ...(foreign.length === 0 ? [] : [cannotHook(fault.kind, foreign)])];
}

function cannotHook(kind: string, nodes: readonly string[]): string {
  const who = `${nodes.join(", ")} ${nodes.length === 1 ? "is" : "are"} not of the bundled store`;
  if (kind === "wipe") return `${who}: what other programs keep, and where, is not known here.`;
  return kind === "clock"
    ? `${who}: all processes of a machine share its clock, so only a program that was made for it can be given a wrong one.`
    : `${who}: only that has a log of its own making to break.`;
}

function withTargets(wish: Wish, resolve: (target: Target) => readonly string[], cut: Cut, cluster: readonly string[]): Fault {
  switch (wish.kind) {
    case "partition":
      return { kind: "partition", ...cut, traffic: wish.traffic, percent: wish.percent };
    case "slow": {
      const nodes = resolve(wish.target);
      const audience = typeof wish.to === "string" ? wish.to : resolve(wish.to);
      const there = typeof audience === "string" ? audience : audience.join(",");
      const arrow = { to: "<-", from: "->", both: "<->" }[wish.direction];
      const { impairment, traffic } = wish;
      const links = linksBetween(nodes, audience, wish.direction, cluster);
      return { kind: "slow", nodes, links, where: `${nodes.join(",")} ${arrow} ${there}`, impairment, traffic };
    }
    case "pause":
    case "wipe":
      return { kind: wish.kind, nodes: resolve(wish.target) };
    case "kill":
      return { kind: "kill", nodes: resolve(wish.target), signal: wish.signal };
    case "stop":
    case "restart":
      return { kind: wish.kind, nodes: resolve(wish.target), graceMs: wish.graceMs };
    case "crash-loop":
      return { kind: "crash-loop", nodes: resolve(wish.target), everyMs: wish.everyMs };
    case "cpu":
      return { kind: "cpu", nodes: resolve(wish.target), cpus: wish.cpus };
    case "memory":
      return { kind: "memory", nodes: resolve(wish.target), bytes: wish.bytes };
    case "disk":
      return { kind: "disk", nodes: resolve(wish.target), trouble: wish.trouble };
    case "clock":
      return { kind: "clock", nodes: resolve(wish.target), trouble: wish.trouble };
    default:
      return unreachable(wish);
  }
}
