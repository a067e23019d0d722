/** Kills nodes again and again, each time starting them at once: the crash loop of a program that cannot stay up. */
import { formatDuration } from "../core/duration.js";

export interface CrashLoopFault {
  readonly kind: "crash-loop";
  readonly nodes: readonly string[];
  /** From one kill to the next; the first comes at once. */
  readonly everyMs: number;
}

export function describeCrashLoop({ nodes, everyMs }: CrashLoopFault): string {
  return `crash-loop ${nodes.join(",")} every ${formatDuration(everyMs)}`;
}

/** A container takes a few tenths of a second to come back. */
export function problemsWithCrashLoop({ everyMs }: CrashLoopFault): readonly string[] {
  return everyMs >= 1000 ? [] : [`A crash loop kills every second at most, not every ${formatDuration(everyMs)}.`];
}
