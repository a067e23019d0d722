import type { Fault } from "../../src/chaos/fault.js";
import { type Grudge, deafNodes, split, withRest } from "../../src/chaos/grudge.js";
import { noImpairment } from "../../src/chaos/impairment.js";
import { linksBetween } from "../../src/chaos/slow.js";
import { anyTraffic } from "../../src/chaos/traffic.js";

export const names = ["n1", "n2", "n3"] as const;

export function pause(nodes: readonly string[]): Fault {
  return { kind: "pause", nodes };
}

/** Between these groups; whoever is in none makes up the last one. */
export function partition(groups: readonly (readonly string[])[], nodes: readonly string[] = names): Fault {
  const grudge: Grudge = split(withRest(groups, nodes));
  return { kind: "partition", grudge, shape: deafNodes(grudge).join(" | "), traffic: anyTraffic, percent: 100 };
}

/** What these nodes send to their peers comes later. */
export function delay(nodes: readonly string[], timeMs: number): Fault {
  const impairment = { ...noImpairment, delay: { timeMs, jitterMs: 0, correlation: 0, distribution: "uniform" } as const };
  const links = linksBetween(nodes, "peers", "from", names);
  return { kind: "slow", nodes, links, where: `${nodes.join(",")} -> peers`, impairment, traffic: anyTraffic };
}
