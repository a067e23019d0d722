import type { BucketProperties } from "../api.js";
import { DataTypeError } from "../crdt/errors.js";
import { mergeValues } from "../crdt/stored-value.js";
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
  /** Of a bucket of a data type: makes one value of two; commutative, associative and idempotent. */
  readonly join: ((a: Uint8Array, b: Uint8Array) => Uint8Array) | undefined;
  readonly limits: PruneLimits;
}

/** The rules of a bucket in a cluster of that clock. */
export function conflictRules(properties: BucketProperties, clock: ClockKind): ConflictRules {
  return {
    clock: clockOf(properties, clock),
    allowMult: properties.allowMult,
    join: properties.datatype === undefined ? undefined : joined,
    limits: properties,
  };
}

/** As {@link mergeValues}; bytes of no data type, or of two, cannot be joined: the larger stay, alike on every node, and no node is harmed. */
function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  try {
    return mergeValues(a, b);
  } catch (error) {
    if (error instanceof DataTypeError) return Buffer.compare(a, b) < 0 ? b : a;
    throw error;
  }
}

function clockOf({ datatype, lastWriteWins, dvvEnabled }: BucketProperties, clock: ClockKind): ClockKind {
  // Values of data types know themselves what is newer.
  if (datatype !== undefined) return "dvv";
  if (lastWriteWins) return "wall";
  return clock === "dvv" && !dvvEnabled ? "vclock" : clock;
}
