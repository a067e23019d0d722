import { invariant } from "../../../core/invariant.js";
import type { DataTypeName } from "../api.js";
import type { ActorSource } from "../versions/actor.js";
import { prune } from "../versions/prune.js";
import type { Dot, VersionVector } from "../versions/version-vector.js";
import { counterOf, emptyVector, increment, mergeVectors } from "../versions/version-vector.js";
import type { ConflictRules } from "./conflict.js";
import { newest, notSeen, settled, valueAmong } from "./merge.js";
import type { StoredObject, Written } from "./stored-object.js";
import { compareSiblings, siblingOf, ordered } from "./stored-object.js";

/**
 * What the node that coordinates a write stores, and sends to the other replicas; it has to be one of those that keep a copy. `local`:
 * its copy. `context`: what the client had seen; the empty vector: nothing, so its value stands beside all there is. Not to have seen
 * anything is no reason to keep siblings where clients get only one (`allowMult` off): there, a write overwrites what its coordinator has.
 * Of a bucket of a data type, deletions only.
 *
 * `wallMs`: of the node that the client asked, so that a write has one time wherever it is coordinated.
 */
export function coordinate(
  local: StoredObject | undefined,
  context: VersionVector,
  written: Written,
  actors: ActorSource,
  wallMs: number,
  rules: ConflictRules,
): StoredObject {
  invariant(rules.join === undefined || written.isTombstone, "a value of a data type is updated, not written");
  const nowUs = stamp(local, wallMs);
  if (rules.clock === "wall") {
    const siblings = [...(local?.siblings ?? []), siblingOf(written, undefined, nowUs)];
    return { vector: emptyVector, siblings: [newest(siblings)] };
  }
  const actor = actors.choose(local?.vector, context);
  const isOverwriting = rules.join === undefined && !rules.allowMult;
  const beside = local === undefined || isOverwriting ? [] : notSeen(local, context);
  const vector = counted(mergeVectors(context, local?.vector ?? emptyVector), actor, nowUs, rules);
  const dot: Dot | undefined = rules.clock === "dvv" ? { actor, counter: counterOf(vector, actor) } : undefined;
  return { vector, siblings: settled([...beside, siblingOf(written, dot, nowUs)], rules) };
}

/** A change of a value of a data type. */
export interface Update {
  readonly datatype: DataTypeName;
  /** The new value from the one that is there (undefined: none), by the actor who counts it, at that time. */
  readonly apply: (current: Uint8Array | undefined, actor: string, nowUs: number) => Written;
  /** Of whom its client has seen more than the value has. */
  readonly actorsAhead: (current: Uint8Array | undefined) => readonly string[];
}

/**
 * As {@link coordinate}, of a value of a data type. It goes on from what the coordinator has, so it overwrites that, and nothing else,
 * whatever its client had seen: that may not be part of the value. In a bucket that is not the data type's (Riak 1.4's counters), other values
 * stay beside it. Throws what `apply` and `actorsAhead` throw.
 */
export function coordinateUpdate(
  local: StoredObject | undefined,
  { datatype, apply, actorsAhead }: Update,
  actors: ActorSource,
  wallMs: number,
  rules: ConflictRules,
): StoredObject {
  invariant(rules.clock !== "wall", "data types are not for buckets in which the newest write wins");
  const live = local === undefined ? [] : settled(local.siblings, rules).filter(({ isTombstone }) => !isTombstone);
  const current = valueAmong(live, datatype, rules);
  const vector = local?.vector ?? emptyVector;
  // Who has been seen ahead may have lost what it wrote, and must not write it again as something else.
  const ahead = actorsAhead(current?.value).map((actor) => ({ actor, counter: counterOf(vector, actor) + 1, seconds: 0 }));
  // A value counts by itself, and one that was deleted has forgotten how far: the next may not go on under the same name.
  const actor = actors.choose(current && vector, ahead);
  // Never before what it goes on from: a merge with that takes the later time, in whatever order it comes about.
  const lastModifiedUs = Math.max(stamp(local, wallMs), lastStamp(local) + 1);
  const sibling = siblingOf(apply(current?.value, actor, lastModifiedUs), undefined, lastModifiedUs);
  const beside = live.filter((other) => rules.join === undefined && other !== current);
  return { vector: counted(vector, actor, lastModifiedUs, rules), siblings: ordered([...beside, sibling], compareSiblings) };
}

/** With one more event of the actor. */
function counted(vector: VersionVector, actor: string, lastModifiedUs: number, { limits }: ConflictRules): VersionVector {
  const seconds = Math.floor(lastModifiedUs / 1e6);
  return prune(increment(vector, actor, seconds), seconds, limits, actor);
}

/** Now, in µs; after what the copy has, if that is of the same millisecond. */
function stamp(local: StoredObject | undefined, wallMs: number): number {
  const nowUs = Math.max(0, Math.floor(wallMs)) * 1000;
  const lastUs = lastStamp(local);
  return lastUs >= nowUs && lastUs < nowUs + 999 ? lastUs + 1 : nowUs;
}

function lastStamp(local: StoredObject | undefined): number {
  let last = 0;
  for (const { lastModifiedUs } of local?.siblings ?? []) last = Math.max(last, lastModifiedUs);
  return last;
}
