/**
 * A partition as people type it:
 *
 *     'n1 | n2,n3' · isolate n1 · halves · majority · ring · bridge · bridge n3 · one-way n1 n2 · flaky · flaky n2
 */
import { DeviousError } from "../core/errors.js";
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
  /** Two halves, and one node that hears both; null: a random one. */
  | { readonly kind: "bridge"; readonly node: Target | null }
  /** `to` does not hear `from`, who still hears `to`. */
  | { readonly kind: "one-way"; readonly from: Target; readonly to: Target }
  /** All links of these nodes; half the packets are dropped unless another percentage is asked for. Null: all links. */
  | { readonly kind: "flaky"; readonly target: Target | null };

/** Throws USAGE. */
export function parseShape(text: string): Shape {
  const [word = "", ...rest] = text.trim().split(/\s+/);
  const first = rest[0];
  const tail = rest.join(" ");
  switch (word) {
    case "halves":
    case "majority":
    case "ring":
      if (first !== undefined) break;
      return { kind: word };
    case "isolate":
      return { kind: "isolate", target: parseTarget(tail) };
    case "bridge":
      return { kind: "bridge", node: first === undefined ? null : parseTarget(tail) };
    case "flaky":
      return { kind: "flaky", target: first === undefined ? null : parseTarget(tail) };
    case "one-way": {
      const [from, to, ...more] = rest;
      if (from === undefined || to === undefined || more.length > 0) {
        throw new DeviousError("USAGE", `"${text}" does not say from whom to whom.`, {
          hint: "Write `one-way n1 n2`: n2 no longer hears n1.",
        });
      }
      return { kind: "one-way", from: parseTarget(from), to: parseTarget(to) };
    }
    default:
  }
  const groups = text.split("|");
  if (groups.some((group) => group.trim() === "")) {
    throw new DeviousError("USAGE", `"${text}" is not a partition: one side is empty.`, {
      hint: "Write the sides with | between them, e.g. 'n1 | n2,n3', in quotes.",
    });
  }
  return { kind: "split", groups: groups.map((group) => parseTarget(group)) };
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

/** Who does not hear whom, and the shape in words. Protected nodes are in no drawn group and hear everybody. Throws as {@link resolveTarget}, and USAGE for groups that overlap. */
export function resolveShape(shape: Shape, facts: ClusterFacts, prng: Prng): { readonly grudge: Grudge; readonly shape: string } {
  const all = facts.nodes.map(({ node }) => node);
  const free = facts.nodes.filter((each) => !each.protected).map(({ node }) => node);
  const ofGroups = (groups: readonly (readonly string[])[]) => ({
    grudge: split(groups),
    shape: groups.map((group) => group.join(",")).join(" | "),
  });
  const inHalves = (nodes: readonly string[], first: number) => {
    const mixed = prng.shuffle(nodes);
    const half = new Set(mixed.slice(0, first));
    return [nodes.filter((node) => half.has(node)), nodes.filter((node) => !half.has(node))].filter((group) => group.length > 0);
  };
  switch (shape.kind) {
    case "split": {
      const groups = shape.groups.map((group) => resolveTarget(group, facts, prng));
      const twice = all.filter((node) => groups.filter((group) => group.includes(node)).length > 1);
      if (twice.length > 0) {
        throw new DeviousError("USAGE", `${twice.join(", ")} would be on two sides of ${formatShape(shape)}.`, {
          hint: "`bridge NODE` makes a node that hears both sides.",
        });
      }
      return ofGroups(withRest(groups, all));
    }
    case "isolate":
      return ofGroups(
        withRest(
          resolveTarget(shape.target, facts, prng).map((node) => [node]),
          all,
        ),
      );
    case "halves":
      return ofGroups(inHalves(free, Math.floor(free.length / 2)));
    case "majority":
      return ofGroups(inHalves(free, Math.floor(free.length / 2) + 1));
    case "ring":
      return { grudge: ring(prng.shuffle(free)), shape: "ring" };
    case "bridge": {
      const [bridge = ""] = shape.node === null ? [prng.pick(free)] : resolveTarget(shape.node, facts, prng);
      const rest = free.filter((node) => node !== bridge);
      const halves = inHalves(rest, Math.floor(rest.length / 2));
      return { grudge: split(halves), shape: `${halves.map((half) => half.join(",")).join(" | ")}, bridge ${bridge}` };
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
