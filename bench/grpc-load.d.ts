/** For tests; what each does is said in the program. */
import type { Histogram } from "./histogram.js";

export function unaryLoad(job: {
  readonly port: number;
  readonly kind: "put" | "get" | "serializable get";
  readonly inFlight: number;
  readonly durationMs: number;
}): Promise<{ readonly histogram: Histogram; readonly tookMs: number }>;

export function fill(job: {
  readonly port: number;
  readonly keys: number;
  readonly puts: number;
  readonly inFlight: number;
}): Promise<{ readonly histogram: Histogram; readonly tookMs: number }>;

export function watchLoad(port: number, watchers: number): Promise<{ readonly events: () => number; readonly close: () => void }>;
