import type { StoredObject } from "./stored-object.js";
import { isDeleted } from "./stored-object.js";

/** How long a node keeps a tombstone once all owners have it: for good, not at all, or so many ms (Riak's `delete_mode`; 3000 there). */
export type DeleteMode =
  { readonly kind: "keep" } | { readonly kind: "immediate" } | { readonly kind: "after"; readonly ms: number };

/** What an owner has of a key: the object, and the hash of its bytes. */
export interface Copy {
  readonly object: StoredObject;
  readonly objectHash: number;
}

/** Each owner removes its copy in `afterMs`, if it then still has this hash: else somebody has written since. */
export type ReapDecision =
  { readonly kind: "keep" } | { readonly kind: "reap"; readonly afterMs: number; readonly objectHash: number };

/**
 * Whether the owners may forget a deletion: all of them have answered, themselves, not through stand-ins, and have the same tombstone or nothing
 * (undefined), because they have forgotten it already or never had what it deletes. So none of them has an older value. Somebody else may: a hint
 * that is on its way, a former owner that was away. What they bring comes back from the dead, and `keep` alone is safe from it.
 */
export function reapDecision(owners: readonly (Copy | undefined)[], mode: DeleteMode): ReapDecision {
  const first = owners.find((copy) => copy !== undefined);
  if (mode.kind === "keep" || first === undefined || !isDeleted(first.object)) return { kind: "keep" };
  const { objectHash } = first;
  if (!owners.every((copy) => copy === undefined || copy.objectHash === objectHash)) return { kind: "keep" };
  return { kind: "reap", afterMs: mode.kind === "after" ? mode.ms : 0, objectHash };
}
