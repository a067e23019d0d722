/**
 * Whom a fault should hit, as people type it:
 *
 *     n1 · n1,n3 · kv (a service) · eu (a zone) · all · leader · followers · follower · minority · majority
 *     random · random(2) · not(leader) · leader(kv) · random(1,eu)
 *
 * Words that choose (`follower`, `minority`, `majority`, `random`) draw from a seed and keep away from protected nodes; words that name
 * do not.
 */
import type { Prng } from "../core/prng.js";
import { DeviousError } from "../core/errors.js";
import { closest } from "../core/ids.js";
import { unreachable } from "../core/invariant.js";

/** One word of a target. `service` null: the only one there is. */
export type Selector =
  | { readonly by: "name"; readonly name: string }
  | { readonly by: "all" }
  | { readonly by: "leader" | "followers" | "follower"; readonly service: string | null }
  /** A random choice among `of`, of less than half of it, or of more. */
  | { readonly by: "minority" | "majority"; readonly of: Target | null }
  | { readonly by: "random"; readonly count: number; readonly of: Target | null }
  | { readonly by: "not"; readonly of: Target };

/** All of them together, without those that a `not` names; with nothing but `not`, all others. */
export type Target = readonly Selector[];

/** What is known about a cluster when a target is resolved. */
export interface ClusterFacts {
  /** Every node, in the cluster's order. */
  readonly nodes: readonly NodeFacts[];
  /** Service -> the node that leads it, for the services that have a leader and where somebody asked. */
  readonly leaders: Readonly<Record<string, string>>;
}

export interface NodeFacts {
  readonly node: string;
  readonly service: string;
  readonly zone: string | null;
  /** Random choices keep away from it. */
  readonly protected: boolean;
  /** It runs the bundled store, which has hooks for faults of its own. */
  readonly bundled: boolean;
}

const words = ["leader", "followers", "follower", "minority", "majority", "random", "all", "not"] as const;

/** Words with a meaning of their own, which no node, service or zone can have as its name. */
export const reservedWords: readonly string[] = words;

/** Throws USAGE, with what is wrong and how a target is written. */
export function parseTarget(text: string): Target {
  const parts = splitOutside(text, ",");
  if (parts.some((part) => part === "")) {
    throw notATarget(text, text.trim() === "" ? "it is empty" : "a node's name is missing");
  }
  return parts.map((part) => parseSelector(part, text));
}

function parseSelector(part: string, whole: string): Selector {
  const call = /^(?<word>[a-z]+)\s*\((?<inside>.*)\)$/.exec(part)?.groups;
  const word = call?.["word"] ?? part;
  const inside = call?.["inside"]?.trim();
  switch (word) {
    case "leader":
    case "followers":
    case "follower":
      return { by: word, service: inside ?? null };
    case "minority":
    case "majority":
      return { by: word, of: inside === undefined ? null : parseTarget(inside) };
    case "random":
      return parseRandom(inside, whole);
    case "not":
      if (inside === undefined) throw notATarget(whole, "`not` needs to be told whom, e.g. not(leader)");
      return { by: "not", of: parseTarget(inside) };
    default:
      if (word === "all" && inside === undefined) return { by: "all" };
      if (/[()]/.test(part)) throw notATarget(whole, `"${part}" is nothing that can be called`);
      return { by: "name", name: part };
  }
}

/** `random` · `random(2)` · `random(eu)` · `random(2,eu)` */
function parseRandom(inside: string | undefined, whole: string): Selector {
  if (inside === undefined) return { by: "random", count: 1, of: null };
  const { count, of } = /^(?<count>\d+)?\s*,?\s*(?<of>.*)$/.exec(inside)?.groups ?? {};
  const number = count === undefined ? 1 : Number(count);
  if (number < 1) throw notATarget(whole, "random(0) means nobody");
  return { by: "random", count: number, of: of === undefined || of === "" ? null : parseTarget(of) };
}

/** The parts of `text` between `separator`s that stand in no parentheses, trimmed. */
function splitOutside(text: string, separator: string): readonly string[] {
  const parts = [""];
  let depth = 0;
  for (const letter of text) {
    if (letter === "(") depth++;
    if (letter === ")") depth--;
    if (depth < 0) break;
    if (letter === separator && depth === 0) parts.push("");
    else parts[parts.length - 1] += letter;
  }
  if (depth !== 0) throw notATarget(text, "its parentheses do not match");
  return parts.map((part) => part.trim());
}

function notATarget(text: string, why: string): DeviousError {
  return new DeviousError("USAGE", `"${text}" is not a target: ${why}.`, {
    hint: "Write names with commas between them (n1,n3), or leader, followers, random(2), minority, majority, all, not(n1).",
  });
}

/** As {@link parseTarget} reads it. */
export function formatTarget(target: Target): string {
  return target.map(formatSelector).join(",");
}

function formatSelector(selector: Selector): string {
  switch (selector.by) {
    case "name":
      return selector.name;
    case "all":
      return "all";
    case "leader":
    case "followers":
    case "follower":
      return selector.service === null ? selector.by : `${selector.by}(${selector.service})`;
    case "minority":
    case "majority":
      return selector.of === null ? selector.by : `${selector.by}(${formatTarget(selector.of)})`;
    case "random": {
      const inside = [...(selector.count === 1 ? [] : [String(selector.count)]), ...(selector.of ?? []).map(formatSelector)];
      return inside.length === 0 ? "random" : `random(${inside.join(",")})`;
    }
    case "not":
      return `not(${formatTarget(selector.of)})`;
    default:
      return unreachable(selector);
  }
}

/** True where the target cannot be resolved without knowing who leads. */
export function asksForLeader(target: Target): boolean {
  return target.some((selector) => {
    if (selector.by === "leader" || selector.by === "followers" || selector.by === "follower") return true;
    return "of" in selector && selector.of !== null && asksForLeader(selector.of);
  });
}

/** True where the target means other nodes with another seed. */
export function isRandom(target: Target): boolean {
  return target.some((selector) => {
    if (["follower", "minority", "majority", "random"].includes(selector.by)) return true;
    return "of" in selector && selector.of !== null && isRandom(selector.of);
  });
}

/** Names of the nodes meant, each once, in the cluster's order. Throws UNKNOWN_NODE, NO_LEADER, or USAGE where not enough nodes can be chosen. */
export function resolveTarget(target: Target, facts: ClusterFacts, prng: Prng): readonly string[] {
  const all = facts.nodes.map(({ node }) => node);
  const nots = target.filter((selector) => selector.by === "not");
  const others = target.filter((selector) => selector.by !== "not");
  const meant = new Set(others.length === 0 ? all : others.flatMap((selector) => resolveOne(selector, facts, prng)));
  for (const node of nots.flatMap(({ of }) => resolveTarget(of, facts, prng))) meant.delete(node);
  if (meant.size === 0)
    throw new DeviousError("UNKNOWN_NODE", `The target ${formatTarget(target)} means no node of this cluster.`);
  return all.filter((node) => meant.has(node));
}

function resolveOne(selector: Exclude<Selector, { by: "not" }>, facts: ClusterFacts, prng: Prng): readonly string[] {
  const all = facts.nodes.map(({ node }) => node);
  switch (selector.by) {
    case "all":
      return all;
    case "leader":
      return [leaderOf(selector.service, facts).leader];
    case "followers":
      return leaderOf(selector.service, facts).followers;
    case "follower":
      return choose(1, leaderOf(selector.service, facts).followers, selector, facts, prng);
    case "minority":
    case "majority": {
      const among = selector.of === null ? all : resolveTarget(selector.of, facts, prng);
      const half = Math.floor(among.length / 2);
      const count = selector.by === "majority" ? half + 1 : Math.ceil(among.length / 2) - 1;
      return choose(count, among, selector, facts, prng);
    }
    case "random":
      return choose(selector.count, selector.of === null ? all : resolveTarget(selector.of, facts, prng), selector, facts, prng);
    case "name":
      return named(selector.name, facts);
    default:
      return unreachable(selector);
  }
}

/** So many of them at random, none of them protected. */
function choose(count: number, among: readonly string[], selector: Selector, facts: ClusterFacts, prng: Prng): readonly string[] {
  const isProtected = new Set(facts.nodes.filter((each) => each.protected).map(({ node }) => node));
  const free = among.filter((node) => !isProtected.has(node));
  if (free.length >= count && count > 0) return prng.shuffle(free).slice(0, count);
  const kept = among.length - free.length;
  const why = count === 0 ? "means nobody" : `needs ${count} of ${free.length}`;
  throw new DeviousError("USAGE", `${formatSelector(selector)} ${why} nodes${kept > 0 ? ` (${kept} are protected)` : ""}.`, {
    hint: `The cluster's nodes are ${facts.nodes.map(({ node }) => node).join(", ")}.`,
  });
}

/** A node, else all of a service, else all of a zone. */
function named(name: string, { nodes }: ClusterFacts): readonly string[] {
  if (nodes.some(({ node }) => node === name)) return [name];
  const group = nodes.filter(({ service, zone }) => service === name || zone === name);
  if (group.length > 0) return group.map(({ node }) => node);
  throw unknownNode(
    name,
    nodes.map(({ node }) => node),
    [...groupsIn(nodes), ...words],
  );
}

function groupsIn(nodes: readonly NodeFacts[]): readonly string[] {
  return [...new Set(nodes.flatMap(({ service, zone }) => (zone === null ? [service] : [service, zone])))];
}

function leaderOf(service: string | null, { nodes, leaders }: ClusterFacts): { leader: string; followers: readonly string[] } {
  const services = [...new Set(nodes.map((each) => each.service))];
  const [only = ""] = services;
  if (service === null && services.length > 1) {
    throw new DeviousError("USAGE", `The cluster has several services (${services.join(", ")}), each with its own leader.`, {
      hint: `Say of which, e.g. leader(${only}).`,
    });
  }
  const meant = service ?? only;
  if (!services.includes(meant)) {
    throw new DeviousError("UNKNOWN_NODE", `There is no service "${meant}" in this cluster.`, {
      hint: `Its services are ${services.join(", ")}.`,
    });
  }
  const leader = leaders[meant];
  if (leader === undefined) {
    throw new DeviousError(
      "NO_LEADER",
      `${services.length > 1 ? `The service ${meant}` : "The cluster"} has no leader just now.`,
      {
        hint: "Wait for an election, or name the nodes.",
      },
    );
  }
  const followers = nodes.filter((each) => each.service === meant && each.node !== leader).map(({ node }) => node);
  return { leader, followers };
}

export function unknownNode(name: string, nodes: readonly string[], alsoKnown: readonly string[] = []): DeviousError {
  const guess = closest(name, [...nodes, ...alsoKnown]);
  return new DeviousError(
    "UNKNOWN_NODE",
    `There is no node "${name}" in this cluster${guess === undefined ? "." : `; did you mean "${guess}"?`}`,
    {
      hint: `Its nodes are ${nodes.join(", ")}.`,
    },
  );
}
