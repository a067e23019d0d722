import type { Histogram } from "./histogram.js";

/** For tests; what each does is said in the program. */
interface Job {
  readonly protocol: "riak" | "redis";
  readonly ports: readonly (number | { readonly host: string; readonly port: number })[];
  readonly inFlight: number;
  readonly valueBytes: number;
}
export function turnLoad(
  job: Job & { readonly kind: "put" | "get"; readonly durationMs: number; readonly part: string; readonly isSettled?: boolean },
): Promise<{ histogram: Histogram; tookMs: number }>;
export function fillTurns(job: Job & { readonly keys: number; readonly part: string }): Promise<void>;
