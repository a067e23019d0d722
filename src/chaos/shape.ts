/**
 * A partition as people type it:
 *
 *     'n1 | n2,n3' · n1 · isolate n1,n2 · halves · majority · ring · bridge · bridge n3 · one-way n1 n2 · flaky · flaky n2
 */
import { DeviousError, allAtOnce } from "../core/errors.js";
import { unreachable } from "../core/invariant.js";
import type { Prng } from "../core/prng.js";
import { type Grudge, oneWay, ring, split, union, withRest } from "./grudge.js";
import { type ClusterFacts, type Target, formatTarget, parseTarget, resolveTarget } from "./target.js";

export type Shape =
  /** Groups that hear only themselves; the nodes that no group names form one more. */
  | { readonly kind: "split"; readonly groups: readonly Target[] }
  /** Each of them hears nobody and is heard by nobody. */
  | { readonly kind: "isolate"; readonly target: Target }
  /** Two random halves; of an odd number one is larger by one. */
  | { readonly kind: "halves" }
  /** A random majority and the rest. */
  | { readonly kind: "majority" }
  /** Each node hears a majority, and no two the same (jepsen.nemesis, majorities-ring). */
  | { readonly kind: "ring" }
  /** Two random halves of the others, and nodes that hear both; null: a random one. */
  | { readonly kind: "bridge"; readonly node: Target | null }
  /** `to` does not hear `from`, who still hears `to`. */
  | { readonly kind: "one-way"; readonly from: Target; readonly to: Target }
  /** All links of these nodes lose some packets. Null: all links. */
  | { readonly kind: "flaky"; readonly target: Target | null };

/** Throws USAGE, with everything that cannot be read. */
export function parseShape(text: string): Shape {
  const [word = "", ...rest] = text.trim().split(/\s+/);
  // no other shape has a | in it
  if (text.includes("|")) return parseSplit(text);
  const tail = rest.length === 0 ? undefined : rest.join(" ");
  switch (word) {
    case "halves":
    case "majority":
    case "ring":
      if (tail === undefined) return { kind: word };
      throw new DeviousError("USAGE", `"${text}" says too much: ${word} is drawn from all nodes.`);
    case "isolate":
      if (tail !== undefined) return { kind: "isolate", target: parseTarget(tail) };
      throw new DeviousError("USAGE", "`isolate` needs to be told whom.", { hint: "Write for example `isolate n1`." });
    case "bridge":
      return { kind: "bridge", node: tail === undefined ? null : parseTarget(tail) };
    case "flaky":
      return { kind: "flaky", target: tail === undefined ? null : parseTarget(tail) };
    case "one-way": {
      const [from, to, ...more] = rest;
      if (from !== undefined && to !== undefined && more.length === 0) {
        return { kind: "one-way", from: parseTarget(from), to: parseTarget(to) };
      }
      throw new DeviousError("USAGE", `"${text}" does not say from whom to whom.`, {
        hint: "Write `one-way n1 n2`, without spaces in a target: n2 no longer hears n1.",
      });
    }
    default:
      return parseSplit(text);
  }
}

function parseSplit(text: string): Shape {
  const sides = text.split("|");
  const [wrong, ...alsoWrong] = sides.flatMap((side) => problemsWithSide(side, text));
  if (wrong !== undefined) throw allAtOnce([wrong, ...alsoWrong]);
  return { kind: "split", groups: sides.map(parseTarget) };
}

function problemsWithSide(side: string, whole: string): readonly DeviousError[] {
  if (side.trim() === "") {
    return [
      new DeviousError("USAGE", `"${whole}" is not a partition: one side is empty.`, {
        hint: "Write the sides with | between them, e.g. 'n1 | n2,n3', in quotes.",
      }),
    ];
  }
  return unreadable(() => parseTarget(side.trim()));
}

/** What a parser throws, as a value. */
function unreadable(parse: () => unknown): readonly DeviousError[] {
  try {
    parse();
    return [];
  } catch (error) {
    if (error instanceof DeviousError) return [error];
    throw error;
  }
}

/** As {@link parseShape} reads it. */
export function formatShape(shape: Shape): string {
  switch (shape.kind) {
    case "split":
      return shape.groups.map(formatTarget).join(" | ");
    case "isolate":
      return `isolate ${formatTarget(shape.target)}`;
    case "bridge":
      return shape.node === null ? "bridge" : `bridge ${formatTarget(shape.node)}`;
    case "flaky":
      return shape.target === null ? "flaky" : `flaky ${formatTarget(shape.target)}`;
    case "one-way":
      return `one-way ${formatTarget(shape.from)} ${formatTarget(shape.to)}`;
    default:
      return shape.kind;
  }
}

/** Every target in the shape. */
export function targetsIn(shape: Shape): readonly Target[] {
  switch (shape.kind) {
    case "split":
      return shape.groups;
    case "isolate":
      return [shape.target];
    case "bridge":
      return shape.node === null ? [] : [shape.node];
    case "flaky":
      return shape.target === null ? [] : [shape.target];
    case "one-way":
      return [shape.from, shape.to];
    default:
      return [];
  }
}

/** True for a shape whose groups are drawn, whatever its targets. */
export function drawsGroups(shape: Shape): boolean {
  return shape.kind === "halves" || shape.kind === "majority" || shape.kind === "ring" || shape.kind === "bridge";
}

/** How many of the packets a shape drops where nobody says: a cut drops all of them. */
export function defaultDropPercent(shape: Shape): number {
  return shape.kind === "flaky" ? 50 : 100;
}

/** Nodes that a drawn shape needs before it cuts anything. */
const leastNodes = { halves: 2, majority: 3, bridge: 3, ring: 4 } as const;

/** A grudge, and the shape it has in words. */
export interface Cut {
  readonly grudge: Grudge;
  readonly shape: string;
}

/**
 * Who does not hear whom. Protected nodes are in no drawn group and hear everybody. Throws as {@link resolveTarget}, and USAGE for groups
 * that overlap and for shapes that need more nodes than there are.
 */
export function resolveShape(shape: Shape, facts: ClusterFacts, prng: Prng): Cut {
  const all = facts.nodes.map(({ node }) => node);
  const free = facts.nodes.filter((each) => !each.protected).map(({ node }) => node);
  switch (shape.kind) {
    case "split":
      return cutBetween(withRest(groupsOf(shape, facts, prng), all));
    case "isolate": {
      const alone = resolveTarget(shape.target, facts, prng).map((node) => [node]);
      return cutBetween(withRest(alone, all));
    }
    case "halves":
      needs(shape, leastNodes[shape.kind], free, all);
      return cutBetween(drawn(free, Math.floor(free.length / 2), prng));
    case "majority":
      needs(shape, leastNodes[shape.kind], free, all);
      return cutBetween(drawn(free, Math.floor(free.length / 2) + 1, prng));
    case "ring": {
      needs(shape, leastNodes[shape.kind], free, all);
      const order = prng.shuffle(free);
      return { grudge: ring(order), shape: `ring ${order.join(",")}` };
    }
    case "bridge": {
      if (shape.node === null) needs(shape, leastNodes.bridge, free, all);
      const bridge = shape.node === null ? [prng.pick(free)] : resolveTarget(shape.node, facts, prng);
      const rest = free.filter((node) => !bridge.includes(node));
      needs(shape, leastNodes.halves, rest, all);
      const { grudge, shape: sides } = cutBetween(drawn(rest, Math.floor(rest.length / 2), prng));
      return { grudge, shape: `${sides}, bridge ${bridge.join(",")}` };
    }
    case "one-way": {
      const [from, to] = [resolveTarget(shape.from, facts, prng), resolveTarget(shape.to, facts, prng)];
      return { grudge: oneWay(from, to), shape: `${from.join(",")} -> ${to.join(",")}` };
    }
    case "flaky": {
      const nodes = shape.target === null ? all : resolveTarget(shape.target, facts, prng);
      return {
        grudge: union([oneWay(nodes, all), oneWay(all, nodes)]),
        shape: shape.target === null ? "flaky" : `flaky ${nodes.join(",")}`,
      };
    }
    default:
      return unreachable(shape);
  }
}

function cutBetween(groups: readonly (readonly string[])[]): Cut {
  return { grudge: split(groups), shape: groups.map((group) => group.join(",")).join(" | ") };
}

/** The groups that were named; no node may be in two. */
function groupsOf(shape: Extract<Shape, { kind: "split" }>, facts: ClusterFacts, prng: Prng): readonly (readonly string[])[] {
  const groups = shape.groups.map((group) => resolveTarget(group, facts, prng));
  const twice = facts.nodes.map(({ node }) => node).filter((node) => groups.filter((group) => group.includes(node)).length > 1);
  if (twice.length === 0) return groups;
  throw new DeviousError(
    "USAGE",
    `In the partition ${formatShape(shape)}, ${twice.join(" and ")} would be on more than one side.`,
    {
      hint: "`bridge NODE` makes a node that hears both sides.",
    },
  );
}

/** So many of `nodes` at random, and the others. */
function drawn(nodes: readonly string[], count: number, prng: Prng): readonly (readonly string[])[] {
  const first = new Set(prng.shuffle(nodes).slice(0, count));
  return [nodes.filter((node) => first.has(node)), nodes.filter((node) => !first.has(node))];
}

function needs(shape: Shape, least: number, nodes: readonly string[], all: readonly string[]): void {
  if (nodes.length >= least) return;
  const there = `${nodes.length} of the cluster's ${all.length} can be drawn`;
  throw new DeviousError("USAGE", `The partition ${formatShape(shape)} is drawn from at least ${least} nodes; ${there}.`, {
    hint: "Protected nodes are never drawn, and neither are nodes that hear both sides.",
  });
}
