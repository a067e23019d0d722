/**
 * Version vectors (Parker et al., "Detection of Mutual Inconsistency in Distributed Systems", 1983): how many events of each actor a state of an
 * object has seen. One that descends from another has seen all that the other has; where neither does, they came about without knowing of each
 * other.
 */
export interface VersionEntry {
  /** Who wrote: bytes, as text with one character a byte (see actor.ts). */
  readonly actor: string;
  /** Its events 1 to this one have been seen; at least 1. */
  readonly counter: number;
  /** When the last of them happened, by its clock: seconds since 1970. Only pruning looks at it. */
  readonly seconds: number;
}

/** Ascending by actor, each of them once. */
export type VersionVector = readonly VersionEntry[];

/** One event: the write that a value came with (Preguiça et al., "Dotted Version Vectors", 2010). */
export interface Dot {
  readonly actor: string;
  readonly counter: number;
}

export const emptyVector: VersionVector = [];

/** Events of the actor that were seen; 0: none. */
export function counterOf(vector: VersionVector, actor: string): number {
  for (const entry of vector) if (entry.actor === actor) return entry.counter;
  return 0;
}

export function covers(vector: VersionVector, dot: Dot): boolean {
  return counterOf(vector, dot.actor) >= dot.counter;
}

/** With one event more of the actor, which happened at `seconds`. */
export function increment(vector: VersionVector, actor: string, seconds: number): VersionVector {
  const entry: VersionEntry = { actor, counter: counterOf(vector, actor) + 1, seconds };
  const at = vector.findIndex((other) => other.actor >= actor);
  if (at === -1) return [...vector, entry];
  return [...vector.slice(0, at), entry, ...vector.slice(vector[at]?.actor === actor ? at + 1 : at)];
}

/** All that either has seen. Commutative, associative and idempotent, the times included. */
export function mergeVectors(a: VersionVector, b: VersionVector): VersionVector {
  if (a === b || b.length === 0) return a;
  if (a.length === 0) return b;
  const merged: VersionEntry[] = [];
  let i = 0;
  let j = 0;
  for (;;) {
    const left = a[i];
    const right = b[j];
    if (left === undefined) return [...merged, ...b.slice(j)];
    if (right === undefined) return [...merged, ...a.slice(i)];
    if (left.actor <= right.actor) i++;
    if (right.actor <= left.actor) j++;
    if (left.actor === right.actor) merged.push(later(left, right));
    else merged.push(left.actor < right.actor ? left : right);
  }
}

/** Whether `a` has seen all that `b` has. Each vector descends from itself, and from the empty one. */
export function descends(a: VersionVector, b: VersionVector): boolean {
  let i = 0;
  for (const { actor, counter } of b) {
    while (i < a.length && (a[i] as VersionEntry).actor < actor) i++;
    const entry = a[i];
    if (entry === undefined || entry.actor !== actor || entry.counter < counter) return false;
  }
  return true;
}

/** Whether `a` has seen all that `b` has, and more. */
export function dominates(a: VersionVector, b: VersionVector): boolean {
  return descends(a, b) && !descends(b, a);
}

/** Whether each has seen what the other has not. */
export function concurrent(a: VersionVector, b: VersionVector): boolean {
  return !descends(a, b) && !descends(b, a);
}

function later(a: VersionEntry, b: VersionEntry): VersionEntry {
  if (a.counter !== b.counter) return a.counter > b.counter ? a : b;
  return a.seconds >= b.seconds ? a : b;
}
