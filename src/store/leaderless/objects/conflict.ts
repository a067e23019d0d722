import type { BucketProperties } from "../api.js";
import type { PruneLimits } from "../versions/prune.js";

/** How a cluster tells which write follows which: the switch `clock` of the store. */
export type ClockKind = "dvv" | "vclock" | "wall";

/** What a bucket does with writes that did not know of each other. */
export interface ConflictRules {
  /**
   * - `dvv`: dotted version vectors. What remains is exactly what no write has overwritten.
   * - `vclock`: plain version vectors. Nothing is lost, but a value that its writer has overwritten may stay beside the new one.
   * - `wall`: the newest by the wall clocks of the nodes; all else is lost.
   */
  readonly clock: ClockKind;
  /** Whether clients get all siblings; else the newest. */
  readonly allowMult: boolean;
  /** Of a bucket of a data type: makes one value of several; commutative, associative and idempotent. */
  readonly join: ((values: readonly Uint8Array[]) => Uint8Array) | undefined;
  readonly limits: PruneLimits;
}

/** The rules of a bucket in a cluster of that clock. */
export function conflictRules(properties: BucketProperties, clock: ClockKind, join: ConflictRules["join"]): ConflictRules {
  return { clock: clockOf(properties, clock, join !== undefined), allowMult: properties.allowMult, join, limits: properties };
}

function clockOf({ lastWriteWins, dvvEnabled }: BucketProperties, clock: ClockKind, isDataType: boolean): ClockKind {
  // Values of data types know themselves what is newer.
  if (isDataType) return "dvv";
  if (lastWriteWins) return "wall";
  return clock === "dvv" && !dvvEnabled ? "vclock" : clock;
}
