import type { FaultView } from "../chaos/protocol.js";

/** Node -> the fault that wants it down, the oldest first. */
export function keptDownBy(faults: readonly FaultView[]): ReadonlyMap<string, FaultView> {
  const kept = new Map<string, FaultView>();
  for (const active of faults) {
    const { fault } = active;
    if (fault.kind !== "kill" && fault.kind !== "stop" && fault.kind !== "crash-loop") continue;
    for (const node of fault.nodes) if (!kept.has(node)) kept.set(node, active);
  }
  return kept;
}
