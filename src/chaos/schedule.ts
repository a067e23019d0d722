/** When the agent must look again. */
import { type DeadlineOf, type Ledger, nextDeadlineMs } from "./ledger.js";

/** No sleep is longer while a deadline is ahead: a machine that was suspended, or whose clock was set, notices within this time. */
const longestSleepMs = 1000;

/** How long a node that could not be brought into its desired state waits for the next attempt. */
const retryAfterMs = 250;

/** Milliseconds until the next look; undefined: only an event can change anything. */
export function nextWakeUpMs(
  ledger: Ledger,
  nowMs: number,
  someNodeIsWrong: boolean,
  deadlineOf?: DeadlineOf,
): number | undefined {
  const deadlineMs = nextDeadlineMs(ledger, deadlineOf);
  const untilDeadlineMs = deadlineMs === undefined ? undefined : Math.min(longestSleepMs, Math.max(0, deadlineMs - nowMs));
  if (!someNodeIsWrong) return untilDeadlineMs;
  return Math.min(retryAfterMs, untilDeadlineMs ?? retryAfterMs);
}
