/** Ends a node's first process with a signal and keeps the node down: what kill -9, a crash and an OOM look like from outside. */

export const signals = ["KILL", "TERM", "INT", "QUIT", "HUP", "ABRT", "SEGV"] as const;
export type Signal = (typeof signals)[number];

export interface KillFault {
  readonly kind: "kill";
  readonly nodes: readonly string[];
  readonly signal: Signal;
}

export function mannerOfKill({ signal }: KillFault): string {
  return signal === "KILL" ? "" : ` with SIG${signal}`;
}
