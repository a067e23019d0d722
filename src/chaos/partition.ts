/** Cuts the network between nodes, silently, as a pulled cable would: packets vanish, nobody gets an error. */
import { type Grudge, deafNodes } from "./grudge.js";

export interface PartitionFault {
  readonly kind: "partition";
  readonly grudge: Grudge;
  /** The shape in words, e.g. `n1 | n2,n3`: a grudge alone is hard to read. */
  readonly shape: string;
}

export function partition(grudge: Grudge, shape: string): PartitionFault {
  return { kind: "partition", grudge, shape };
}

export function describePartition(fault: PartitionFault): string {
  return `partition ${fault.shape}`;
}

/** Nodes that do not hear at least one other. */
export function nodesCutOff(fault: PartitionFault): readonly string[] {
  return deafNodes(fault.grudge);
}

export function problemWithPartition(fault: PartitionFault): string | undefined {
  if (deafNodes(fault.grudge).length === 0) return `partition ${fault.shape} cuts nothing: every node still hears every other`;
  for (const [node, unheard] of Object.entries(fault.grudge)) {
    if (unheard.includes(node)) return `a partition cannot cut ${node} off from itself`;
  }
  return undefined;
}
