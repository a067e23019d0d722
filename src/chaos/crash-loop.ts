/** Kills nodes again and again, each time starting them at once: the crash loop of a program that cannot stay up. */
import { formatExactly } from "../core/duration.js";

export interface CrashLoopFault {
  readonly kind: "crash-loop";
  readonly nodes: readonly string[];
  /** From one kill to the next; the first comes at once. */
  readonly everyMs: number;
}

export function mannerOfCrashLoop({ everyMs }: CrashLoopFault): string {
  return ` every ${formatExactly(everyMs)}`;
}

const hourMs = 3_600_000;

/** A container takes a few tenths of a second to come back. */
export function problemsWithCrashLoop({ everyMs }: CrashLoopFault): readonly string[] {
  return everyMs >= 1000 && everyMs <= hourMs
    ? []
    : [`A crash loop kills every second to every hour, not every ${formatExactly(everyMs)}.`];
}
