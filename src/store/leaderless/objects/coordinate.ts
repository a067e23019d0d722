import type { ActorSource } from "../versions/actor.js";
import { prune } from "../versions/prune.js";
import type { Dot, VersionVector } from "../versions/version-vector.js";
import { counterOf, emptyVector, increment, mergeVectors } from "../versions/version-vector.js";
import type { ConflictRules } from "./conflict.js";
import { newest, notSeen, settled } from "./merge.js";
import type { StoredObject, StoredSibling, Written } from "./stored-object.js";
import { inOrder } from "./stored-object.js";

/**
 * What the node that coordinates a write stores, and sends to the other replicas; it has to be one of those that keep a copy. `local`:
 * its copy. `context`: what the client had seen; the empty vector: nothing, so its value stands beside all there is. Not to have seen
 * anything is no reason to keep siblings where clients get only one (`allowMult` off): there, a write overwrites what its coordinator has.
 *
 * A value of a data type is joined with what is there, whatever its client had seen, because that does not make it part of the value; only a
 * deletion overwrites.
 */
export function coordinate(
  local: StoredObject | undefined,
  context: VersionVector,
  written: Written,
  actors: ActorSource,
  wallMs: number,
  rules: ConflictRules,
): StoredObject {
  const sibling = { ...inOrder(written), lastModifiedUs: stamp(local, wallMs), dot: undefined };
  if (rules.clock === "wall") {
    return { vector: emptyVector, siblings: [newest([...(local?.siblings ?? []), sibling])] };
  }
  const isJoined = rules.join !== undefined && !written.isTombstone;
  const seen = isJoined ? emptyVector : context;
  const actor = actors.choose(local?.vector, seen);
  const seconds = Math.floor(sibling.lastModifiedUs / 1e6);
  const vector = increment(mergeVectors(seen, local?.vector ?? emptyVector), actor, seconds);
  const dot: Dot = { actor, counter: counterOf(vector, actor) };
  // The value of a data type is made of many events, so none of them is its dot.
  const isDotted = rules.clock === "dvv" && !isJoined;
  return {
    vector: prune(vector, seconds, rules.limits, actor),
    siblings: settled([...beside(local, seen, rules), isDotted ? { ...sibling, dot } : sibling], rules),
  };
}

/** Values that stay beside a new one. */
function beside(local: StoredObject | undefined, seen: VersionVector, rules: ConflictRules): readonly StoredSibling[] {
  const isOverwriting = rules.join === undefined && !rules.allowMult;
  return local === undefined || isOverwriting ? [] : notSeen(local, seen);
}

/** Now, in µs; after what the copy has, if that is of the same millisecond. */
function stamp(local: StoredObject | undefined, wallMs: number): number {
  const nowUs = Math.max(0, Math.floor(wallMs)) * 1000;
  const lastUs = Math.max(0, ...(local?.siblings ?? []).map(({ lastModifiedUs }) => lastModifiedUs));
  return lastUs >= nowUs && lastUs < nowUs + 999 ? lastUs + 1 : nowUs;
}
