/**
 * What two copies of an object become: at a replica that is sent one, and at a reader of several.
 *
 * `dvv` and `wall` are commutative, associative and idempotent: whoever has seen the same writes has the same object, in whatever order
 * they came. `vclock` is commutative and idempotent, but not associative: whether a value stays beside the one that overwrote it depends on
 * the way that it came. Copies become equal all the same once they are exchanged: values are only added, as long as the vectors are equal.
 * So is `dvv` where one side deletes a value of a data type and the other changes it.
 */
import { invariant } from "../../../core/invariant.js";
import type { DataTypeName } from "../api.js";
import { isDataType } from "../crdt/kinds.js";
import { isValue, mergeValues, typeOfValue } from "../crdt/stored-value.js";
import type { VersionVector } from "../versions/version-vector.js";
import { covers, descends, emptyVector, mergeVectors } from "../versions/version-vector.js";
import type { ConflictRules } from "./conflict.js";
import type { StoredObject, StoredSibling } from "./stored-object.js";
import { compareAges, compareSiblings, ordered } from "./stored-object.js";

type MergeRules = Pick<ConflictRules, "clock" | "join">;

/** Throws what joining two values of a data type throws: one of them is none. */
export function merge(a: StoredObject, b: StoredObject, rules: MergeRules): StoredObject {
  if (a === b) return a;
  if (rules.clock === "wall") return { vector: emptyVector, siblings: [newest([...a.siblings, ...b.siblings])] };
  const aDescends = descends(a.vector, b.vector);
  const bDescends = descends(b.vector, a.vector);
  if (aDescends !== bDescends) return aDescends ? a : b;
  const vector = mergeVectors(a.vector, b.vector);
  if (rules.clock === "vclock") return { vector, siblings: settled([...a.siblings, ...b.siblings], rules) };
  const kept = [...notOverwritten(a, b), ...notOverwritten(b, a)];
  // Nothing is left only where two writes have had the same dot (see actor.ts): each side then takes the other's values for overwritten.
  return { vector, siblings: settled(kept.length > 0 ? kept : [...a.siblings, ...b.siblings], rules) };
}

/** All copies as one; at least one. Those that another descends from do not count. */
export function mergeAll(copies: readonly StoredObject[], rules: MergeRules): StoredObject {
  const frontier = copies.filter(
    ({ vector }) => !copies.some((other) => descends(other.vector, vector) && !descends(vector, other.vector)),
  );
  const considered = rules.clock === "wall" ? copies : frontier;
  return considered.reduce((merged, copy) => merge(merged, copy, rules));
}

/** In order, each once; values of a data type as one. */
export function settled(siblings: readonly StoredSibling[], { join }: MergeRules): readonly StoredSibling[] {
  const each = ordered(siblings, compareSiblings);
  if (each.length === 1) return each;
  if (join === undefined) {
    return ordered(withValuesJoined(each), compareSiblings);
  }
  // A change that did not know of the deletion outlives it, as an added element outlives its removal.
  const live = each.filter(({ isTombstone }) => !isTombstone);
  if (live.length === 0) return each;
  const [value, ...others] = live.map((sibling) => sibling.value) as [Uint8Array, ...Uint8Array[]];
  return [{ ...newest(live), dot: undefined, value: others.reduce((joined, other) => join(joined, other), value) }];
}

/**
 * Of a bucket that is not one data type's: counters as Riak 1.4 had them stand there beside other values, and a replica that has not heard of a
 * bucket type yet keeps copies of it as well. What a client wrote itself has a dot, and stays what it is, as do bytes that are no data type's.
 */
function withValuesJoined(siblings: readonly StoredSibling[]): readonly StoredSibling[] {
  const values = siblings.filter(({ dot, contentType, isTombstone }) => !isTombstone && !dot && isDataType(contentType));
  if (values.length < 2) return siblings;
  const byType = new Map<DataTypeName, StoredSibling[]>();
  for (const sibling of values) {
    const type = isValue(sibling.value) ? typeOfValue(sibling.value) : undefined;
    if (type !== undefined) byType.set(type, [...(byType.get(type) ?? []), sibling]);
  }
  const joined = [...byType.values()].flat();
  return [...siblings.filter((sibling) => !joined.includes(sibling)), ...[...byType.values()].map(asOne)];
}

/** The value of this data type among settled siblings: where the bucket is not of that type, only what was counted, not what a client put there. */
export function valueAmong(
  siblings: readonly StoredSibling[],
  datatype: DataTypeName,
  { join }: MergeRules,
): StoredSibling | undefined {
  const live = siblings.filter(({ isTombstone }) => !isTombstone);
  if (join !== undefined) return live[0];
  return live.find(
    ({ dot, contentType, value }) => !dot && isDataType(contentType) && typeOfValue(value) === datatype && isValue(value),
  );
}

/** Values of one data type. */
function asOne(siblings: readonly StoredSibling[]): StoredSibling {
  return { ...newest(siblings), value: siblings.map(({ value }) => value).reduce((joined, value) => mergeValues(joined, value)) };
}

export function newest(siblings: readonly StoredSibling[]): StoredSibling {
  const [first, ...others] = siblings;
  invariant(first !== undefined, "an object has a sibling");
  return others.reduce((last, sibling) => (compareAges(last, sibling) < 0 ? sibling : last), first);
}

/** Values of `ours` that are not overwritten in what `theirs` has seen. Those without a dot stay: nobody knows. */
function notOverwritten(ours: StoredObject, theirs: StoredObject): readonly StoredSibling[] {
  return ours.siblings.filter(({ dot }) => dot === undefined || !covers(theirs.vector, dot) || hasDot(theirs, dot));
}

function hasDot(object: StoredObject, { actor, counter }: { readonly actor: string; readonly counter: number }): boolean {
  return object.siblings.some(({ dot }) => dot !== undefined && dot.counter === counter && dot.actor === actor);
}

/** Values of the copy that a write with this context leaves standing. */
export function notSeen(copy: StoredObject, context: VersionVector): readonly StoredSibling[] {
  const all = descends(context, copy.vector);
  return copy.siblings.filter(({ dot }) => (dot === undefined ? !all : !covers(context, dot)));
}
