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
import { DeviousError, allAtOnce } from "../core/errors.js";
import { closest, isName } from "../core/ids.js";
import { unreachable } from "../core/invariant.js";

/** One word of a target. `service` null: the only one there is, or of several the only one that can have a leader; `of` null: all nodes. */
export type Selector =
  | { readonly by: "name"; readonly name: string }
  | { readonly by: "all" }
  | { readonly by: "leader" | "followers" | "follower"; readonly service: string | null }
  /** A random choice among `of`: the most that are fewer than half of it, or the fewest that are more. */
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
  /** Service -> why its leader means nobody, as a sentence, where it is not merely that none leads just now. */
  readonly whyNoLeader?: Readonly<Record<string, string>>;
  /** Services that never have a leader, or none that anybody could tell. */
  readonly leaderless?: readonly string[];
}

export interface NodeFacts {
  readonly node: string;
  readonly service: string;
  readonly zone: string | null;
  /** Random choices keep away from it. */
  readonly protected: boolean;
  /** It runs the bundled store, which has hooks for faults of its own. */
  readonly bundled: boolean;
  /** It runs an image of the user's, whose spec says how to ask whether it leads. */
  readonly tellsRole?: true;
}

const words = ["leader", "followers", "follower", "minority", "majority", "random", "all", "not"] as const;

/** Words with a meaning of their own, here or as the other end of a link, which no node, service or zone can have as its name. */
export const reservedWords: readonly string[] = [...words, "peers", "clients"];

/** Throws USAGE, with what is wrong and how a target is written. */
export function parseTarget(text: string): Target {
  const parts = splitOutside(text);
  if (parts.some((part) => part === "")) {
    throw notATarget(text, text.trim() === "" ? "it is empty" : "a node's name is missing");
  }
  return parts.map((part) => parseSelector(part, text));
}

function parseSelector(part: string, whole: string): Selector {
  const call = /^(?<word>[a-z]+)\s*\((?<inside>.*)\)$/s.exec(part)?.groups;
  const word = call?.["word"] ?? part;
  const inside = call?.["inside"]?.trim();
  if (inside === "") throw notATarget(whole, `the parentheses of ${word}() are empty`);
  switch (word) {
    case "leader":
    case "followers":
    case "follower":
      if (inside !== undefined && !isName(inside)) throw notATarget(whole, `${word}(…) takes the name of one service`);
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
      if (/\s/.test(part)) throw notATarget(whole, `between "${part.split(/\s+/).join('" and "')}" a comma is missing`);
      return { by: "name", name: part };
  }
}

/** `random` · `random(2)` · `random(eu)` · `random(2,eu)`; a number in front is how many, never a name. */
function parseRandom(inside: string | undefined, whole: string): Selector {
  if (inside === undefined) return { by: "random", count: 1, of: null };
  const [first = "", ...rest] = splitOutside(inside);
  const isCount = /^\d+$/.test(first);
  const count = isCount ? Number(first) : 1;
  if (count < 1) throw notATarget(whole, "random(0) means nobody");
  const of = isCount ? rest : [first, ...rest];
  return { by: "random", count, of: of.length === 0 ? null : parseTarget(of.join(",")) };
}

/** The parts of `text` between commas that stand in no parentheses, trimmed. */
function splitOutside(text: string): readonly string[] {
  const parts = [""];
  let depth = 0;
  for (const letter of text) {
    if (letter === "(") depth++;
    if (letter === ")") depth--;
    if (depth < 0) break;
    if (letter === "," && depth === 0) parts.push("");
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
      const of = (selector.of ?? []).map(formatSelector);
      // a name of digits alone would be read as the count
      const needsCount = selector.count !== 1 || /^\d+$/.test(of[0] ?? "");
      const inside = [...(needsCount ? [String(selector.count)] : []), ...of];
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

/** Every name in these targets that the cluster does not have, each once and each as its own error. */
export function unknownIn(targets: readonly Target[], facts: ClusterFacts): readonly DeviousError[] {
  const errors = targets.flat().flatMap((selector): readonly DeviousError[] => {
    if (selector.by === "name") return membersOf(selector.name, facts) === undefined ? [unknownName(selector.name, facts)] : [];
    if ("service" in selector) {
      const { service } = selector;
      return service === null || servicesOf(facts).includes(service) ? [] : [unknownService(service, facts)];
    }
    return "of" in selector && selector.of !== null ? unknownIn([selector.of], facts) : [];
  });
  return errors.filter(({ message }, at) => errors.findIndex((other) => other.message === message) === at);
}

/**
 * Names of the nodes meant, each once, in the cluster's order. Throws UNKNOWN_NODE with every name that is unknown, NO_LEADER, and USAGE
 * where not enough nodes can be chosen.
 */
export function resolveTarget(target: Target, facts: ClusterFacts, prng: Prng): readonly string[] {
  const [unknown, ...more] = unknownIn([target], facts);
  if (unknown !== undefined) throw allAtOnce([unknown, ...more]);
  const all = facts.nodes.map(({ node }) => node);
  const nots = target.filter((selector) => selector.by === "not");
  const others = target.filter((selector) => selector.by !== "not");
  const meant = new Set(others.length === 0 ? all : others.flatMap((selector) => resolveOne(selector, facts, prng)));
  for (const node of nots.flatMap(({ of }) => resolveTarget(of, facts, prng))) meant.delete(node);
  if (meant.size === 0) {
    throw new DeviousError("UNKNOWN_NODE", `The target ${formatTarget(target)} means no node of this cluster.`, {
      hint: `Its nodes are ${all.join(", ")}.`,
    });
  }
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
    case "name": {
      const members = membersOf(selector.name, facts);
      if (members === undefined) throw unknownName(selector.name, facts);
      return members;
    }
    default:
      return unreachable(selector);
  }
}

/** So many of them at random, none of them protected. */
function choose(count: number, among: readonly string[], selector: Selector, facts: ClusterFacts, prng: Prng): readonly string[] {
  const free = among.filter((node) => !isProtected(node, facts));
  if (free.length >= count && count > 0) return prng.shuffle(free).slice(0, count);
  const kept = among.length - free.length;
  const there = `${free.length} to choose from${kept > 0 ? `, for ${kept} ${kept === 1 ? "is" : "are"} protected` : ""}`;
  const why = count === 0 ? `nobody: fewer than half of ${among.length} is none` : `${count} nodes, and there are ${there}`;
  throw new DeviousError("USAGE", `The target ${formatSelector(selector)} means ${why}.`, {
    hint: `The cluster's nodes are ${facts.nodes.map(({ node }) => node).join(", ")}.`,
  });
}

function isProtected(name: string, { nodes }: ClusterFacts): boolean {
  return nodes.some((each) => each.node === name && each.protected);
}

/** A node, else all of a service, else all of a zone; undefined where nothing has this name. */
function membersOf(name: string, { nodes }: ClusterFacts): readonly string[] | undefined {
  const found = [
    nodes.filter(({ node }) => node === name),
    nodes.filter(({ service }) => service === name),
    nodes.filter(({ zone }) => zone === name),
  ].find((group) => group.length > 0);
  return found?.map(({ node }) => node);
}

function unknownName(name: string, { nodes }: ClusterFacts): DeviousError {
  const groups = nodes.flatMap(({ service, zone }) => (zone === null ? [service] : [service, zone]));
  return unknownNode(
    name,
    nodes.map(({ node }) => node),
    [...new Set(groups), ...words],
  );
}

function servicesOf({ nodes }: ClusterFacts): readonly string[] {
  return [...new Set(nodes.map(({ service }) => service))];
}

function unknownService(name: string, facts: ClusterFacts): DeviousError {
  return new DeviousError("UNKNOWN_NODE", `There is no service "${name}" in this cluster.`, {
    hint: `Its services are ${servicesOf(facts).join(", ")}.`,
  });
}

const nameNodes = "Name the nodes you mean.";

function leaderOf(service: string | null, facts: ClusterFacts): { leader: string; followers: readonly string[] } {
  const services = servicesOf(facts);
  const led = services.filter((each) => facts.leaderless?.includes(each) !== true);
  const [only = services[0] ?? ""] = led;
  if (service === null && led.length !== 1 && services.length > 1) {
    if (led.length === 0) throw new DeviousError("NO_LEADER", "None of the services has a leader.", { hint: nameNodes });
    throw new DeviousError("USAGE", `The cluster has several services (${led.join(", ")}), each with its own leader.`, {
      hint: `Say of which, e.g. leader(${only}).`,
    });
  }
  const meant = service ?? only;
  const leader = facts.leaders[meant];
  if (leader === undefined) {
    const who = services.length > 1 ? `The service ${meant}` : "The cluster";
    const why = facts.whyNoLeader?.[meant];
    if (why !== undefined) throw new DeviousError("NO_LEADER", why, { hint: nameNodes });
    throw new DeviousError("NO_LEADER", `${who} has no leader just now.`, { hint: "Wait for an election, or name the nodes." });
  }
  const followers = facts.nodes.filter((each) => each.service === meant && each.node !== leader).map(({ node }) => node);
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
