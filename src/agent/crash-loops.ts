/** When each crash loop kills next. Kept in memory: the ledger has the beginning and the period, which is all there is to know. */
import type { ActiveFault } from "../chaos/fault.js";
import { nextCrashAtMs } from "../chaos/schedule.js";
import type { Clock } from "./clock.js";

export interface CrashLoops {
  /** The loops whose next kill is due; the one after that is planned by this. */
  due(faults: readonly ActiveFault[]): readonly ActiveFault[];
  /** Milliseconds until the next kill; undefined where there is no loop. */
  untilNextMs(faults: readonly ActiveFault[]): number | undefined;
}

export function createCrashLoops(clock: Clock): CrashLoops {
  /** Fault -> its next kill, on the monotonic clock. */
  const nextAtMs = new Map<string, number>();

  /** A loop not seen before goes on from where it would be if it had been watched all the time; its first kill is not planned here. */
  function nextOf({ id, fault, startedAtMs }: ActiveFault, nowMs: number): number | undefined {
    if (fault.kind !== "crash-loop") return undefined;
    const beganAtMs = nowMs - (clock.nowMs() - startedAtMs);
    const known = nextAtMs.get(id) ?? nextCrashAtMs(beganAtMs, fault.everyMs, nowMs);
    nextAtMs.set(id, known);
    return known;
  }

  return {
    due(faults) {
      const nowMs = clock.monotonicMs();
      for (const id of nextAtMs.keys()) if (!faults.some((each) => each.id === id)) nextAtMs.delete(id);
      return faults.filter((active) => {
        const atMs = nextOf(active, nowMs);
        if (atMs === undefined || atMs > nowMs || active.fault.kind !== "crash-loop") return false;
        nextAtMs.set(active.id, nextCrashAtMs(atMs, active.fault.everyMs, nowMs));
        return true;
      });
    },
    untilNextMs(faults) {
      const nowMs = clock.monotonicMs();
      const next = faults.flatMap((active) => nextOf(active, nowMs) ?? []);
      return next.length === 0 ? undefined : Math.max(0, Math.min(...next) - nowMs);
    },
  };
}
