/**
 * A fault whose nodes are still words: what a command line, a step of a scenario or a storm asks for. A wish is a value: it can be
 * printed, planned and saved without a cluster, and becomes a {@link Fault} once the cluster is known.
 */
import { DeviousError } from "../core/errors.js";
import { unreachable } from "../core/invariant.js";
import type { Prng } from "../core/prng.js";
import type { ClockTrouble, DiskTrouble } from "../core/store-hooks.js";
import { type Fault, describeFault, problemsWithFault } from "./fault.js";
import type { Impairment } from "./impairment.js";
import type { Signal } from "./kill.js";
import { type Shape, drawsGroups, formatShape, resolveShape, targetsIn } from "./shape.js";
import { type Direction, linksBetween } from "./slow.js";
import { type ClusterFacts, type Target, asksForLeader, formatTarget, isRandom, resolveTarget } from "./target.js";
import type { Traffic } from "./traffic.js";

export type Wish =
  | { readonly kind: "pause"; readonly target: Target }
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
  return problemsWithFault(withTargets(wish, () => ["somebody"], { grudge: { n1: ["n2"] }, shape: "" }, ["somebody", "peer"]));
}

/** As people read it before anything is resolved: `pause leader`, `partition isolate random`. */
export function describeWish(wish: Wish): string {
  const shape = wish.kind === "partition" ? formatShape(wish.shape) : "";
  return describeFault(withTargets(wish, (target) => [formatTarget(target)], { grudge: {}, shape }, []));
}

/**
 * The fault, given the cluster as it is now. Draws from `prng` only where the wish leaves something to chance. Throws UNKNOWN_NODE,
 * NO_LEADER, and USAGE with everything that is wrong with the values at once.
 */
export function buildFault(wish: Wish, facts: ClusterFacts, prng: Prng): Fault {
  const resolve = (target: Target): readonly string[] => resolveTarget(target, facts, prng);
  const cut = wish.kind === "partition" ? resolveShape(wish.shape, facts, prng) : { grudge: {}, shape: "" };
  const fault = withTargets(
    wish,
    resolve,
    cut,
    facts.nodes.map(({ node }) => node),
  );
  const foreign = fault.kind === "disk" || fault.kind === "clock" ? notBundled(fault.nodes, facts) : [];
  const problems = [...problemsWithFault(fault), ...foreign.map((node) => cannotHook(fault.kind, node))];
  const [first, ...more] = problems;
  if (first !== undefined) throw new DeviousError("USAGE", first, { details: more });
  return fault;
}

function notBundled(nodes: readonly string[], facts: ClusterFacts): readonly string[] {
  return nodes.filter((name) => !facts.nodes.some(({ node, bundled }) => node === name && bundled));
}

function cannotHook(kind: string, node: string): string {
  return kind === "clock"
    ? `${node} is not the bundled store: all processes of a machine share its clock, so only a program that was made for it can be given a wrong one.`
    : `${node} is not the bundled store: only that has a disk of its own making to break.`;
}

function withTargets(
  wish: Wish,
  resolve: (target: Target) => readonly string[],
  cut: Pick<Extract<Fault, { kind: "partition" }>, "grudge" | "shape">,
  cluster: readonly string[],
): Fault {
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
      return { kind: "pause", nodes: resolve(wish.target) };
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
