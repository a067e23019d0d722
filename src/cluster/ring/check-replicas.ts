import { setTimeout as sleep } from "node:timers/promises";
import type { Containers } from "../../engine/port.js";
import type { Observed } from "../observe.js";
import { compareReplicas, type Replicas } from "./replicas.js";
import { askCopies } from "./ring-client.js";

/** How long it rests before it asks anew. */
const pollMs = 250;

export interface CheckOptions {
  /** Of several leaderless stores in the cluster this one. */
  readonly service: string | undefined;
  /** How long it asks again while they are not equal. */
  readonly waitMs: number;
  readonly signal: AbortSignal;
}

/** Compares what the owners of each key hold, until it is equal or the time is over. */
export async function checkReplicas(
  engine: Pick<Containers, "inspectContainer">,
  found: Observed,
  { service, waitMs, signal }: CheckOptions,
): Promise<Replicas> {
  const endsAtMs = performance.now() + waitMs;
  for (;;) {
    const replicas = compareReplicas(found.name, await askCopies(engine, found, service));
    if (replicas.verdict === "equal" || performance.now() >= endsAtMs) return replicas;
    await sleep(pollMs, undefined, { signal });
  }
}
