/** Deadlines that no clock can put off. */
import type { DeadlineOf } from "../chaos/ledger.js";
import type { Clock } from "./clock.js";

/**
 * A fault ends when the wall clock says so (a machine that slept notices) or when its time has passed on the monotonic clock, counted
 * from the first time this agent is asked about it (a wall clock set back does not matter), whichever comes first. Faults that are over by
 * `isActive` are forgotten.
 */
export function createDeadlines(clock: Clock, isActive: (id: string) => boolean): DeadlineOf {
  const endsAtMonotonicMs = new Map<string, number>();
  return ({ id, startedAtMs, deadlineMs }) => {
    if (deadlineMs === null) return null;
    const nowMs = clock.nowMs();
    const monotonicMs = clock.monotonicMs();
    // never more than it was given: the wall clock may have been set back before this agent started
    const endsAtMs = endsAtMonotonicMs.get(id) ?? monotonicMs + Math.min(deadlineMs - nowMs, deadlineMs - startedAtMs);
    if (!endsAtMonotonicMs.has(id)) {
      for (const each of endsAtMonotonicMs.keys()) if (!isActive(each)) endsAtMonotonicMs.delete(each);
      endsAtMonotonicMs.set(id, endsAtMs);
    }
    return Math.min(deadlineMs, nowMs + endsAtMs - monotonicMs);
  };
}
