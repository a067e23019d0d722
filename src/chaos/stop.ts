/** Stops nodes as their operator would, SIGTERM and SIGKILL after a grace, and keeps them down (`stop`) or starts them again at once (`restart`). */
import { formatExactly } from "../core/duration.js";

export interface StopFault {
  readonly kind: "stop";
  readonly nodes: readonly string[];
  readonly graceMs: number;
}

/** Over as soon as it is done: a node that was restarted runs. */
export interface RestartFault {
  readonly kind: "restart";
  readonly nodes: readonly string[];
  readonly graceMs: number;
}

export const defaultGraceMs = 5000;

export function mannerOfStop({ graceMs }: StopFault | RestartFault): string {
  return graceMs === defaultGraceMs ? "" : ` with ${formatExactly(graceMs)} of grace`;
}

export function problemsWithStop({ graceMs }: StopFault | RestartFault): readonly string[] {
  return graceMs >= 0 && graceMs <= 60_000
    ? []
    : [`The grace of a stop lies between 0s and 1m, not at ${formatExactly(graceMs)}.`];
}
