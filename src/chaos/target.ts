/** Whom a fault should hit, as people type it: `n1`, `n1,n3`, `leader`, `followers`, `all`; for partitions `n1 | n2,n3`. */
import { DeviousError } from "../core/errors.js";
import { closest } from "../core/ids.js";

/** One word of a target. */
export type Selector =
  | { readonly by: "leader" }
  | { readonly by: "followers" }
  | { readonly by: "all" }
  | { readonly by: "name"; readonly name: string };

/** What is known about the cluster when a target is resolved. */
export interface ClusterFacts {
  /** Every node's name. */
  readonly nodes: readonly string[];
  /** The leader's name, where there is one and somebody asked. */
  readonly leader?: string | undefined;
}

/** Selectors from `n1,n3`. Throws USAGE on an empty target or an empty place in the list. */
export function parseTarget(text: string): readonly Selector[] {
  const words = text.split(",").map((word) => word.trim());
  if (words.includes("")) {
    throw new DeviousError("USAGE", `"${text}" is not a target: a node's name is missing.`, {
      hint: "Write names with commas between them (n1,n3), or leader, followers, all.",
    });
  }
  return words.map((word) =>
    word === "leader" || word === "followers" || word === "all" ? { by: word } : { by: "name", name: word },
  );
}

/** Groups of selectors from `n1 | n2,n3`. Throws USAGE on an empty group. */
export function parseGroups(text: string): readonly (readonly Selector[])[] {
  if (text.split("|").some((group) => group.trim() === "")) {
    throw new DeviousError("USAGE", `"${text}" is not a partition: one side is empty.`, {
      hint: "Write the sides with | between them, e.g. 'n1 | n2,n3', in quotes.",
    });
  }
  return text.split("|").map((group) => parseTarget(group));
}

/** True where the target cannot be resolved without knowing who leads. */
export function asksForLeader(selectors: readonly Selector[]): boolean {
  return selectors.some(({ by }) => by === "leader" || by === "followers");
}

/** Names of the nodes meant, each once, in the cluster's order. Throws UNKNOWN_NODE or NO_LEADER. */
export function resolveTarget(selectors: readonly Selector[], facts: ClusterFacts): readonly string[] {
  const meant = new Set(selectors.flatMap((selector) => resolveOne(selector, facts)));
  if (meant.size === 0) throw new DeviousError("UNKNOWN_NODE", "The target means no node of this cluster.");
  return facts.nodes.filter((node) => meant.has(node));
}

function resolveOne(selector: Selector, facts: ClusterFacts): readonly string[] {
  switch (selector.by) {
    case "all":
      return facts.nodes;
    case "leader":
      return [leaderOf(facts)];
    case "followers": {
      const leader = leaderOf(facts);
      return facts.nodes.filter((node) => node !== leader);
    }
    case "name":
      if (!facts.nodes.includes(selector.name)) throw unknownNode(selector.name, facts.nodes);
      return [selector.name];
  }
}

function leaderOf({ leader }: ClusterFacts): string {
  if (leader !== undefined) return leader;
  throw new DeviousError("NO_LEADER", "The cluster has no leader just now.", {
    hint: "Wait for an election, or name the nodes.",
  });
}

export function unknownNode(name: string, nodes: readonly string[]): DeviousError {
  const guess = closest(name, [...nodes, "leader", "followers", "all"]);
  return new DeviousError(
    "UNKNOWN_NODE",
    `There is no node "${name}" in this cluster${guess === undefined ? "." : `; did you mean "${guess}"?`}`,
    {
      hint: `Its nodes are ${nodes.join(", ")}.`,
    },
  );
}
