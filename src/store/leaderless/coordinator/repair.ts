import { objectHash } from "../merkle/hash.js";
import { encodeObject } from "../objects/object-codec.js";
import { isDeleted } from "../objects/stored-object.js";
import type { Gathered } from "./reads.js";
import type { PlacedReplica } from "./surroundings.js";

/**
 * What replicas that lack something of the object are sent, and which ones they are; undefined: all have it. Stand-ins that have nothing are not
 * among them: the owner may have it all, and a hint for every key that is read while an owner is away would help nobody. Nor does a deletion
 * that is not kept for good (`keepsDeletions`) go to those that have nothing: they may have forgotten it.
 */
export function repairOf(
  { object, copies }: Gathered,
  keepsDeletions: boolean,
): { readonly bytes: Uint8Array; readonly to: readonly PlacedReplica[] } | undefined {
  if (object === undefined) return undefined;
  const [first, ...others] = copies;
  const isUniform = first !== undefined && others.every((copy) => copy.objectHash === first.objectHash);
  if (isUniform) return undefined;
  const bytes = encodeObject(object);
  const hash = objectHash(bytes);
  const mayBeForgotten = !keepsDeletions && isDeleted(object);
  const to = copies.flatMap((copy) => {
    const isIgnorant = copy.objectHash === undefined && (copy.replica.hintFor !== undefined || mayBeForgotten);
    return copy.objectHash === hash || isIgnorant ? [] : [copy.replica];
  });
  return to.length === 0 ? undefined : { bytes, to };
}
