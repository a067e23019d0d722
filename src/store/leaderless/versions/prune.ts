import type { BucketProperties } from "../api.js";
import type { VersionVector } from "./version-vector.js";

/** A bucket's properties about its vectors: numbers of entries, and ages in seconds. */
export type PruneLimits = Pick<BucketProperties, "smallVclock" | "bigVclock" | "youngVclock" | "oldVclock">;

/**
 * Forgets the entries that were longest without an event, by Riak's rules: none where the vector has at most `smallVclock` entries or its
 * oldest is younger than `youngVclock`; else as long as there are more than `bigVclock`, or the oldest is older than `oldVclock`.
 * https://docs.riak.com/riak/kv/2.2.3/learn/concepts/causal-context/#vector-clock-pruning
 *
 * What has forgotten no longer descends from what has not, so an overwritten value may come back as a sibling; nothing is lost.
 * The entry of `keep` stays in any case: an actor must not forget how far it has counted.
 */
export function prune(vector: VersionVector, nowSeconds: number, limits: PruneLimits, keep: string): VersionVector {
  if (vector.length <= limits.smallVclock) return vector;
  const oldestFirst = vector
    .filter(({ actor }) => actor !== keep)
    .sort((a, b) => a.seconds - b.seconds || (a.actor < b.actor ? -1 : 1));
  const forgotten = new Set<string>();
  for (const { actor, seconds } of oldestFirst) {
    const entries = vector.length - forgotten.size;
    const age = nowSeconds - seconds;
    if (entries <= limits.smallVclock || age < limits.youngVclock) break;
    if (entries <= limits.bigVclock && age <= limits.oldVclock) break;
    forgotten.add(actor);
  }
  return forgotten.size === 0 ? vector : vector.filter(({ actor }) => !forgotten.has(actor));
}
