/** How many nodes a set of faults takes away from their service, counted so that the answer is never too low. */
import { type Fault } from "../chaos/fault.js";
import type { Grudge } from "../chaos/grudge.js";
import type { NodeFacts } from "../chaos/target.js";

/**
 * Nodes that may be down, frozen, starved or cut off while the fault lasts. All others run and hear each other. A partition is charged
 * to few nodes that all of its cuts have an end at, so that without them nothing is cut.
 */
export function woundedBy(fault: Fault): readonly string[] {
  switch (fault.kind) {
    case "partition":
      return coverOf(fault.grudge);
    // the slowest link of a storm is far quicker than an election, and a wrong clock stops nobody
    case "slow":
    case "clock":
      return [];
    default:
      return fault.nodes;
  }
}

/** True where of every service a majority is left without these nodes. */
export function leavesMajority(wounded: ReadonlySet<string>, nodes: readonly NodeFacts[]): boolean {
  return [...new Set(nodes.map(({ service }) => service))].every((service) => {
    const all = nodes.filter((each) => each.service === service);
    const hurt = all.filter(({ node }) => wounded.has(node));
    return hurt.length < all.length / 2;
  });
}

/** A vertex cover, taking the node with the most cuts first; the first by name where several have as many. */
function coverOf(grudge: Grudge): readonly string[] {
  let cuts = Object.entries(grudge).flatMap(([receiver, senders]) => senders.map((sender) => [receiver, sender] as const));
  const cover: string[] = [];
  while (cuts.length > 0) {
    const ends = cuts.flat();
    const countOf = (node: string): number => ends.filter((end) => end === node).length;
    const [worst = ""] = [...new Set(ends)].sort((a, b) => countOf(b) - countOf(a) || (a < b ? -1 : 1));
    cover.push(worst);
    cuts = cuts.filter((cut) => !cut.includes(worst));
  }
  return cover.sort();
}
