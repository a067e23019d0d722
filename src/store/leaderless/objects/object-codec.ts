/**
 * The one way in which an object stands on disk, on the wire and in hashes; equal objects have equal bytes. Numbers and texts as in
 * versions/binary.ts:
 *
 * version u8 · vector · number of siblings · siblings, of each:
 * flags u8 · lastModifiedUs · dot, if the flags say so · content type, charset, content encoding (texts), if the flags say so · numbers of metadata, indexes and
 * links, and these, if there are any · length of the value · value
 *
 * A dot is the place of its actor in the vector, from 1 on, and its counter; where pruning took the actor out of the vector, 0, the actor
 * and the counter.
 */
import type { Link } from "../api.js";
import { allBits, readBits } from "../bounded-reads.js";
import { ByteReader, MalformedBytes, numberLength, textLength, writeNumber, writeText } from "../versions/binary.js";
import { readVector, vectorLength, writeVector } from "../versions/vector-codec.js";
import type { Dot, VersionVector } from "../versions/version-vector.js";
import { emptyVector } from "../versions/version-vector.js";
import type { Pair, StoredObject, StoredSibling } from "./stored-object.js";
import { compareLinks, comparePairs, compareSiblings } from "./stored-object.js";

const version = 1;
const flag = { tombstone: 1, dot: 2, contentType: 4, charset: 8, contentEncoding: 16, lists: 32 } as const;
const allFlags = allBits(flag);
const siblingBytesMin = 3;
const noPairs: readonly Pair[] = [];
const noLinks: readonly Link[] = [];

export function encodeObject({ vector, siblings }: StoredObject): Buffer {
  let length = 1 + vectorLength(vector) + numberLength(siblings.length);
  for (const sibling of siblings) length += siblingLength(sibling, vector);
  const out = Buffer.allocUnsafe(length);
  out[0] = version;
  let at = writeNumber(out, writeVector(out, 1, vector), siblings.length);
  for (const sibling of siblings) at = writeSibling(out, at, sibling, vector);
  return out;
}

/** Of one sibling by itself. */
export function siblingBytes(sibling: StoredSibling): Buffer {
  const out = Buffer.allocUnsafe(siblingLength(sibling, emptyVector));
  writeSibling(out, 0, sibling, emptyVector);
  return out;
}

/** Throws {@link MalformedBytes} where these are not the bytes of an object. Values are views: they keep `bytes` alive. */
export function decodeObject(bytes: Uint8Array): StoredObject {
  const reader = new ByteReader(bytes);
  if (reader.byte() !== version) throw new MalformedBytes("this is no object, or one of an unknown version");
  const vector = readVector(reader);
  const count = reader.count(siblingBytesMin);
  if (count === 0) throw new MalformedBytes("an object has no sibling");
  const siblings = [readSibling(reader, vector)];
  for (let i = 1; i < count; i++) {
    const sibling = readSibling(reader, vector);
    if (compareSiblings(siblings[i - 1] as StoredSibling, sibling) >= 0) throw new MalformedBytes("siblings are not in order");
    siblings.push(sibling);
  }
  reader.end();
  return { vector, siblings };
}

function flagsOf(sibling: StoredSibling): number {
  return (
    (sibling.isTombstone ? flag.tombstone : 0) |
    (sibling.dot === undefined ? 0 : flag.dot) |
    (sibling.contentType === undefined ? 0 : flag.contentType) |
    (sibling.charset === undefined ? 0 : flag.charset) |
    (sibling.contentEncoding === undefined ? 0 : flag.contentEncoding) |
    (hasLists(sibling) ? flag.lists : 0)
  );
}

function hasLists({ userMeta, indexes, links }: StoredSibling): boolean {
  return userMeta.length + indexes.length + links.length > 0;
}

/** From 1 on; 0: it is not in the vector. */
function placeOf(actor: string, vector: VersionVector): number {
  return vector.findIndex((entry) => entry.actor === actor) + 1;
}

function siblingLength(sibling: StoredSibling, vector: VersionVector): number {
  const { dot, contentType, charset, contentEncoding, value } = sibling;
  let length = 1 + numberLength(sibling.lastModifiedUs);
  if (dot !== undefined) {
    const place = placeOf(dot.actor, vector);
    length += numberLength(place) + (place === 0 ? textLength(dot.actor) : 0) + numberLength(dot.counter);
  }
  if (contentType !== undefined) length += textLength(contentType);
  if (charset !== undefined) length += textLength(charset);
  if (contentEncoding !== undefined) length += textLength(contentEncoding);
  if (hasLists(sibling)) length += pairsLength(sibling.userMeta) + pairsLength(sibling.indexes) + linksLength(sibling.links);
  return length + numberLength(value.length) + value.length;
}

function writeSibling(out: Buffer, at: number, sibling: StoredSibling, vector: VersionVector): number {
  const { dot, contentType, charset, contentEncoding, value } = sibling;
  out[at++] = flagsOf(sibling);
  at = writeNumber(out, at, sibling.lastModifiedUs);
  if (dot !== undefined) {
    const place = placeOf(dot.actor, vector);
    at = writeNumber(out, at, place);
    if (place === 0) at = writeText(out, at, dot.actor);
    at = writeNumber(out, at, dot.counter);
  }
  if (contentType !== undefined) at = writeText(out, at, contentType);
  if (charset !== undefined) at = writeText(out, at, charset);
  if (contentEncoding !== undefined) at = writeText(out, at, contentEncoding);
  if (hasLists(sibling)) {
    at = writePairs(out, at, sibling.userMeta);
    at = writePairs(out, at, sibling.indexes);
    at = writeNumber(out, at, sibling.links.length);
    for (const { bucket, key, tag } of sibling.links) {
      at = writeText(out, writeText(out, writeText(out, at, bucket), key), tag);
    }
  }
  at = writeNumber(out, at, value.length);
  out.set(value, at);
  return at + value.length;
}

function readSibling(reader: ByteReader, vector: VersionVector): StoredSibling {
  const flags = readBits(reader, allFlags);
  const has = (one: number): boolean => (flags & one) !== 0;
  const isTombstone = has(flag.tombstone);
  const lastModifiedUs = reader.number();
  const dot = has(flag.dot) ? readDot(reader, vector) : undefined;
  const contentType = has(flag.contentType) ? reader.text() : undefined;
  const charset = has(flag.charset) ? reader.text() : undefined;
  const contentEncoding = has(flag.contentEncoding) ? reader.text() : undefined;
  const userMeta = has(flag.lists) ? readPairs(reader) : noPairs;
  const indexes = has(flag.lists) ? readPairs(reader) : noPairs;
  const links = has(flag.lists) ? readLinks(reader) : noLinks;
  const value = reader.blob();
  // one literal: copied objects are slow ones, and every copy that is read comes by here
  const sibling: StoredSibling = {
    value,
    contentType,
    charset,
    contentEncoding,
    userMeta,
    indexes,
    links,
    isTombstone,
    dot,
    lastModifiedUs,
  };
  if (has(flag.lists) && !hasLists(sibling)) throw new MalformedBytes("a sibling says that it has metadata, and has none");
  if (isTombstone && value.length > 0) throw new MalformedBytes("a tombstone has a value");
  return sibling;
}

function readDot(reader: ByteReader, vector: VersionVector): Dot {
  const place = reader.number();
  const entry = vector[place - 1];
  if (place > 0 && entry === undefined) throw new MalformedBytes("a dot names an actor that is not in the vector");
  const actor = entry?.actor ?? reader.text();
  const counter = reader.number();
  if (actor === "" || counter === 0) throw new MalformedBytes("a dot is of nobody, or of no event");
  if (entry !== undefined && counter > entry.counter) throw new MalformedBytes("the vector does not cover a dot");
  if (place === 0 && placeOf(actor, vector) > 0) throw new MalformedBytes("a dot spells out an actor of the vector");
  return { actor, counter };
}

function pairsLength(pairs: readonly Pair[]): number {
  let length = numberLength(pairs.length);
  for (const [name, value] of pairs) length += textLength(name) + textLength(value);
  return length;
}

function writePairs(out: Buffer, at: number, pairs: readonly Pair[]): number {
  at = writeNumber(out, at, pairs.length);
  for (const [name, value] of pairs) at = writeText(out, writeText(out, at, name), value);
  return at;
}

function readPairs(reader: ByteReader): readonly Pair[] {
  const read = (): Pair => [reader.text(), reader.text()];
  return readList(reader, 2, read, comparePairs);
}

function linksLength(links: readonly Link[]): number {
  let length = numberLength(links.length);
  for (const { bucket, key, tag } of links) length += textLength(bucket) + textLength(key) + textLength(tag);
  return length;
}

function readLinks(reader: ByteReader): readonly Link[] {
  const read = (): Link => ({ bucket: reader.text(), key: reader.text(), tag: reader.text() });
  return readList(reader, 3, read, compareLinks);
}

function readList<T>(reader: ByteReader, bytesEach: number, read: () => T, compare: (a: T, b: T) => number): readonly T[] {
  const items: T[] = [];
  for (let left = reader.count(bytesEach); left > 0; left--) {
    const item = read();
    const before = items.at(-1);
    if (before !== undefined && compare(before, item) >= 0) throw new MalformedBytes("a list is not in order");
    items.push(item);
  }
  return items;
}
