/** When the agent must look again. */
import { type DeadlineOf, type Ledger, nextDeadlineMs } from "./ledger.js";

/** No sleep is longer while a deadline is ahead: a machine that was suspended, or whose clock was set, notices within this time. */
const longestSleepMs = 1000;

const shortestRetryMs = 250;
const longestRetryMs = 5000;

/**
 * How long to wait before the next attempt at what has been wrong for so long: a twentieth of that, so that what heals soon is noticed soon,
 * and what does not heal does not keep the engine busy.
 */
export function retryAfterMs(wrongForMs: number): number {
  return Math.min(longestRetryMs, Math.max(shortestRetryMs, wrongForMs / 20));
}

/**
 * Milliseconds until the next look; undefined: only an event can change anything. `retryInMs`: until the next attempt at what is wrong ·
 * `crashInMs`: until the next kill of a crash loop.
 */
export function nextWakeUpMs(
  ledger: Ledger,
  nowMs: number,
  retryInMs?: number,
  deadlineOf?: DeadlineOf,
  crashInMs?: number,
): number | undefined {
  const deadlineMs = nextDeadlineMs(ledger, deadlineOf);
  const untilDeadlineMs = deadlineMs === undefined ? Infinity : Math.min(longestSleepMs, Math.max(0, deadlineMs - nowMs));
  const inMs = Math.min(untilDeadlineMs, retryInMs ?? Infinity, crashInMs ?? Infinity);
  return inMs === Infinity ? undefined : inMs;
}

/**
 * When a loop that began at `beganAtMs` kills the next time after `nowMs`: a whole number of periods after its beginning, so that kills that
 * were late or missed (the agent was away, the machine slept) move no other. All on one clock.
 */
export function nextCrashAtMs(beganAtMs: number, everyMs: number, nowMs: number): number {
  return beganAtMs + everyMs * (Math.floor((nowMs - beganAtMs) / everyMs) + 1);
}
