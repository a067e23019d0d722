/** Freezes every process of a node (the engine's pause, which is the cgroup freezer): it neither runs, answers nor knows. */

export interface PauseFault {
  readonly kind: "pause";
  readonly nodes: readonly string[];
}
