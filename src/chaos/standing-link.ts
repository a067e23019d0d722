/**
 * Links as the cluster's spec wants them while nobody hurts them: in both directions, for as long as the cluster is up. They are no faults:
 * nothing heals them and nothing ends them. In the nodes they are made of the same lanes, so a fault on such a link comes on top.
 */
import { formatExactly } from "../core/duration.js";
import { formatRate } from "../core/quantity.js";
import type { ActiveFault } from "./fault.js";
import type { Impairment } from "./impairment.js";
import { type SlowFault, linksBetween, problemsWithSlow } from "./slow.js";
import { problemsTogether } from "./together.js";
import { anyTraffic } from "./traffic.js";

export interface StandingLink {
  /** In the words of the spec: zones, services or nodes. */
  readonly between: readonly [string, string];
  /** The nodes at either end, which have none in common. Some need not be there, or not yet. */
  readonly nodes: readonly [readonly string[], readonly string[]];
  /** Of each direction. */
  readonly impairment: Impairment;
}

/** In the spec's words: `eu <-> us delay 80ms jitter 5ms loss 1% rate 10mbit`. */
export function describeStandingLink(link: StandingLink): string {
  const { delay, loss, rate } = link.impairment;
  return [
    endsOf(link),
    ...(delay === null ? [] : [`delay ${formatExactly(delay.timeMs)}`]),
    ...(delay === null || delay.jitterMs === 0 ? [] : [`jitter ${formatExactly(delay.jitterMs)}`]),
    ...(loss?.model === "random" ? [`loss ${loss.percent}%`] : []),
    ...(rate === null ? [] : [`rate ${formatRate(rate.bitsPerSecond)}`]),
  ].join(" ");
}

function endsOf({ between: [here, there] }: StandingLink): string {
  return `${here} <-> ${there}`;
}

/** Every node that has an end of one of these links, each once. */
export function nodesWithEnds(links: readonly StandingLink[]): readonly string[] {
  return [...new Set(links.flatMap(({ nodes }) => nodes.flat()))];
}

/** What a fault would have to be that does the same; what it is called by stands in the place of a fault's id. */
export function asActive(link: StandingLink): ActiveFault {
  return { id: `links ${endsOf(link)}`, fault: asSlow(link), startedAtMs: 0, deadlineMs: null, seed: null };
}

function asSlow(link: StandingLink): SlowFault {
  const { nodes, impairment } = link;
  const [here, there] = nodes;
  const all = [...here, ...there];
  const links = linksBetween(here, there, "both", all);
  return { kind: "slow", nodes: all, links, where: endsOf(link), impairment, traffic: anyTraffic };
}

/** True where both lists ask for the same, in whatever order. */
export function areSameLinks(some: readonly StandingLink[], others: readonly StandingLink[]): boolean {
  const spelt = (links: readonly StandingLink[]): string => JSON.stringify(links.map(spell).sort());
  return spelt(some) === spelt(others);
}

function spell({ between, nodes, impairment }: StandingLink): string {
  const { delay, loss, duplicate, corrupt, reorder, rate } = impairment;
  return JSON.stringify([between, nodes, [delay, loss, duplicate, corrupt, reorder, rate]]);
}

/** Everything that is wrong with the values of these links, each as one sentence. */
export function problemsWithStandingLinks(links: readonly StandingLink[]): readonly string[] {
  return links.flatMap((link) => problemsWithSlow(asSlow(link)).map((problem) => `Links ${endsOf(link)}: ${problem}`));
}

/** Why these links cannot be had together, or with the faults that are active, each reason as one sentence. */
export function problemsWithAll(links: readonly StandingLink[], faults: readonly ActiveFault[]): readonly string[] {
  return links.flatMap((link, at) => problemsTogether([...faults, ...links.slice(0, at).map(asActive)], asSlow(link)));
}
