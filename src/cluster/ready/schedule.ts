import { readyDefaults } from "../../spec/own-image.js";
import type { ReadySpec } from "../../spec/own-image.js";

/** What has come of the attempts at a container so far. */
export interface Attempts {
  /** Failed in a row, those within the start period not counted. */
  readonly failed: number;
  /** Not before this may the next one begin. */
  readonly nextAtMs: number;
}

export const noAttempts: Attempts = { failed: 0, nextAtMs: 0 };

type Pace = Pick<ReadySpec, "probe" | "intervalMs" | "retries" | "startPeriodMs">;

/** Nobody is asked again sooner. */
const shortestPauseMs = 20;
/** Of its age, the most that a node may be found ready too late by while it is young. */
const lateness = 1 / 8;

/** After an attempt has failed at `nowMs`. All times are on one clock. */
export function afterFailure({ failed }: Attempts, pace: Pace, startedAtMs: number, nowMs: number): Attempts {
  const ageMs = nowMs - startedAtMs;
  const counts = ageMs >= pace.startPeriodMs;
  return { failed: counts ? failed + 1 : failed, nextAtMs: nowMs + pauseMs(pace, ageMs) };
}

/**
 * Most programs are ready soon after they start, and others wait for them: a young node is asked sooner than at the interval. Not where failures
 * are counted, where each attempt starts a program, or where somebody asks for more patience than there is by default.
 */
function pauseMs({ probe, intervalMs, retries }: Pace, ageMs: number): number {
  if (retries !== null || probe.by === "exec" || intervalMs > readyDefaults.intervalMs) return intervalMs;
  return Math.min(intervalMs, Math.max(shortestPauseMs, ageMs * lateness));
}

/** True where so many attempts have failed that no further one is made. */
export function isGivenUp({ failed }: Attempts, { retries }: Pace): boolean {
  return retries !== null && failed >= retries;
}

/** For how long the next attempt may go on. */
export function attemptMs({ attemptTimeoutMs }: Pick<ReadySpec, "attemptTimeoutMs">, leftMs: number): number {
  return Math.max(1, Math.min(attemptTimeoutMs, leftMs));
}
