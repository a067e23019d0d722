/** Cuts the network between nodes, silently, as a pulled cable would: packets vanish, nobody gets an error. */
import { type Grudge, deafNodes } from "./grudge.js";
import { type Traffic, describeTraffic, isAnyTraffic, problemsWithTraffic } from "./traffic.js";

export interface PartitionFault {
  readonly kind: "partition";
  readonly grudge: Grudge;
  /** The shape in words, e.g. `n1 | n2,n3`: a grudge alone is hard to read. */
  readonly shape: string;
  readonly traffic: Traffic;
  /** How many of the packets are dropped; 100 is a cut, less a flaky link. */
  readonly percent: number;
}

export function mannerOfPartition({ percent, traffic }: PartitionFault): string {
  const flaky = percent < 100 ? ` dropping ${percent}%` : "";
  return `${flaky}${isAnyTraffic(traffic) ? "" : ` (${describeTraffic(traffic)})`}`;
}

/** Nodes that do not hear at least one other. */
export function nodesCutOff(fault: PartitionFault): readonly string[] {
  return deafNodes(fault.grudge);
}

export function problemsWithPartition({ grudge, shape, traffic, percent }: PartitionFault): readonly string[] {
  return [
    ...(deafNodes(grudge).length === 0 ? [`The partition ${shape} cuts nothing: every node still hears every other.`] : []),
    ...Object.entries(grudge).flatMap(([node, unheard]) =>
      unheard.includes(node) ? [`A partition cannot cut ${node} off from itself.`] : [],
    ),
    ...(percent > 0 && percent <= 100
      ? []
      : [`A partition drops more than 0% and at most 100% of the packets, not ${percent}%.`]),
    ...problemsWithTraffic(traffic),
  ];
}
