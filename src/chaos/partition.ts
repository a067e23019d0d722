/** Cuts the network between nodes, silently, as a pulled cable would: packets vanish, nobody gets an error. */
import { type Grudge, deafNodes, split, withRest } from "./grudge.js";

export interface PartitionFault {
  readonly kind: "partition";
  readonly grudge: Grudge;
  /** The shape in words, e.g. `n1 | n2,n3`: a grudge alone is hard to read. */
  readonly shape: string;
}

/**
 * Groups that hear only themselves; a node in two groups hears both. The nodes that no group names form one more group, as in blockade:
 * of three nodes, `n1` alone means `n1 | n2,n3`.
 */
export function partition(groups: readonly (readonly string[])[], nodes: readonly string[]): PartitionFault {
  const all = withRest(groups, nodes);
  return { kind: "partition", grudge: split(all), shape: all.map((group) => group.join(",")).join(" | ") };
}

/** Each of `lonely` on its own, cut off from every other node, the other lonely ones too. */
export function isolate(lonely: readonly string[], nodes: readonly string[]): PartitionFault {
  return partition(
    lonely.map((node) => [node]),
    nodes,
  );
}

export function describePartition(fault: PartitionFault): string {
  return `partition ${fault.shape}`;
}

/** Nodes that do not hear at least one other. */
export function nodesCutOff(fault: PartitionFault): readonly string[] {
  return deafNodes(fault.grudge);
}

export function problemWithPartition(fault: PartitionFault): string | undefined {
  if (deafNodes(fault.grudge).length === 0)
    return `The partition ${fault.shape} cuts nothing: every node still hears every other.`;
  for (const [node, unheard] of Object.entries(fault.grudge)) {
    if (unheard.includes(node)) return `A partition cannot cut ${node} off from itself.`;
  }
  return undefined;
}
