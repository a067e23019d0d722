import type { ReadySpec } from "../../spec/own-image.js";

/** What has come of the attempts at a container so far. */
export interface Attempts {
  /** Failed in a row, those within the start period not counted. */
  readonly failed: number;
  /** Not before this may the next one begin. */
  readonly nextAtMs: number;
}

export const noAttempts: Attempts = { failed: 0, nextAtMs: 0 };

type Pace = Pick<ReadySpec, "intervalMs" | "retries" | "startPeriodMs">;

/** After an attempt has failed at `nowMs`. All times are on one clock. */
export function afterFailure(
  { failed }: Attempts,
  { intervalMs, startPeriodMs }: Pace,
  startedAtMs: number,
  nowMs: number,
): Attempts {
  const counts = nowMs - startedAtMs >= startPeriodMs;
  return { failed: counts ? failed + 1 : failed, nextAtMs: nowMs + intervalMs };
}

/** True where so many attempts have failed that no further one is made. */
export function isGivenUp({ failed }: Attempts, { retries }: Pace): boolean {
  return retries !== null && failed >= retries;
}

/** For how long the next attempt may go on. */
export function attemptMs({ attemptTimeoutMs }: Pick<ReadySpec, "attemptTimeoutMs">, leftMs: number): number {
  return Math.max(1, Math.min(attemptTimeoutMs, leftMs));
}
