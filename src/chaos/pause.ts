/** Freezes every process of a node (the engine's pause, which is the cgroup freezer): it neither runs, answers nor knows. */

export interface PauseFault {
  readonly kind: "pause";
  readonly nodes: readonly string[];
}

export function pause(nodes: readonly string[]): PauseFault {
  return { kind: "pause", nodes };
}

export function describePause(fault: PauseFault): string {
  return `pause ${fault.nodes.join(",")}`;
}

export function problemWithPause(fault: PauseFault): string | undefined {
  return fault.nodes.length === 0 ? "A pause needs at least one node." : undefined;
}
