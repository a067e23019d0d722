/** How vectors stand in bytes: the number of entries; of each the actor (text), its counter and its seconds (numbers). */
import type { ByteReader } from "./binary.js";
import { MalformedBytes, numberLength, textLength, writeNumber, writeText } from "./binary.js";
import type { VersionEntry, VersionVector } from "./version-vector.js";
import { emptyVector } from "./version-vector.js";

const entryBytesMin = 4;

export function vectorLength(vector: VersionVector): number {
  let length = numberLength(vector.length);
  for (const { actor, counter, seconds } of vector) length += textLength(actor) + numberLength(counter) + numberLength(seconds);
  return length;
}

/** Returns where it ends. */
export function writeVector(out: Buffer, at: number, vector: VersionVector): number {
  at = writeNumber(out, at, vector.length);
  for (const { actor, counter, seconds } of vector) {
    at = writeText(out, at, actor);
    at = writeNumber(out, at, counter);
    at = writeNumber(out, at, seconds);
  }
  return at;
}

/** Throws {@link MalformedBytes}. */
export function readVector(reader: ByteReader): VersionVector {
  const count = reader.count(entryBytesMin);
  if (count === 0) return emptyVector;
  const vector: VersionEntry[] = [];
  let before = "";
  for (let i = 0; i < count; i++) {
    const actor = reader.text();
    // The first of them has to come after "", and so cannot be empty either.
    if (actor <= before) throw new MalformedBytes("the actors of a vector are not in order");
    before = actor;
    const counter = reader.number();
    if (counter === 0) throw new MalformedBytes("a vector names an actor without events");
    vector.push({ actor, counter, seconds: reader.number() });
  }
  return vector;
}
