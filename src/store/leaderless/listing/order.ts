/**
 * Texts whose order is that of what they stand for, so that one sorted set answers a whole range. One character a byte, as everywhere.
 *
 * Keys are sorted as the storage's keys, which begin with their bucket. An entry of an index is its bucket, the index's name led by its length in
 * two characters, the term, the key.
 */
import type { Bucket, IndexEntry } from "../api.js";
import { bucketPrefix, nameBytesMax } from "../storage-key.js";

/** The first text after all those with this beginning; undefined: there is none. */
export function prefixEnd(prefix: string): string | undefined {
  let end = prefix.length;
  while (end > 0 && prefix.charCodeAt(end - 1) === 0xff) end--;
  return end === 0 ? undefined : prefix.slice(0, end - 1) + String.fromCharCode(prefix.charCodeAt(end - 1) + 1);
}

/** The first text after this one. */
export function after(text: string): string {
  return `${text}\0`;
}

/** Indexes whose names end so hold whole numbers, all others bytes. */
export function isIntegerIndex(index: string): boolean {
  return index.endsWith("_int");
}

/** A whole number as it is stored: without a plus or zeros that say nothing. Undefined where it is none, or one of more digits than a length counts. */
export function normalInteger(text: string): string | undefined {
  const [, minus, digits] = /^(?:\+|(-))?0*([0-9]+)$/.exec(text) ?? [];
  if (digits === undefined || digits.length > nameBytesMax) return undefined;
  return minus === undefined || digits === "0" ? digits : `-${digits}`;
}

/** Index entries as they are stored: whole numbers in their one form. Undefined where one of them is none. */
export function normalIndexes(indexes: readonly IndexEntry[]): readonly IndexEntry[] | undefined {
  const normal = indexes.map(([name, term]) => [name, isIntegerIndex(name) ? normalInteger(term) : term] as const);
  return normal.every((entry): entry is IndexEntry => entry[1] !== undefined) ? normal : undefined;
}

/** What all entries of an index begin with. */
export function indexPrefix(bucket: Bucket, index: string): string {
  return bucketPrefix(bucket) + lengthOf(index) + index;
}

/** A term so that texts that begin with it sort as terms do. Whole numbers have to be normal. */
export function orderedTerm(index: string, term: string): string {
  return isIntegerIndex(index) ? orderedInteger(term) : orderedBytes(term);
}

/** Of the rest of an entry, after {@link indexPrefix}. Throws RangeError where it is none. */
export function termAndKey(index: string, rest: string): { readonly term: string; readonly key: string } {
  return isIntegerIndex(index) ? integerAndKey(rest) : bytesAndKey(rest);
}

/** The sign, how many digits there are, the digits; of negative numbers all the other way round. */
function orderedInteger(term: string): string {
  if (!term.startsWith("-")) return `\x01${lengthOf(term)}${term}`;
  return `\0${flipped(lengthOf(term.slice(1)))}${flipped(term.slice(1))}`;
}

function integerAndKey(rest: string): { readonly term: string; readonly key: string } {
  const isNegative = rest.startsWith("\0");
  const length = isNegative ? flipped(rest.slice(1, 3)) : rest.slice(1, 3);
  const end = 3 + ((length.charCodeAt(0) << 8) | length.charCodeAt(1));
  if (!(end <= rest.length)) throw new RangeError("an entry of an index is cut off");
  const digits = rest.slice(3, end);
  return { term: isNegative ? `-${flipped(digits)}` : digits, key: rest.slice(end) };
}

/** Zero bytes are followed by 255, and the end by zero and one: below all that could follow. */
function orderedBytes(term: string): string {
  return `${term.replaceAll("\0", "\0\xff")}\0\x01`;
}

function bytesAndKey(rest: string): { readonly term: string; readonly key: string } {
  let end = rest.indexOf("\0");
  while (end >= 0 && rest[end + 1] === "\xff") end = rest.indexOf("\0", end + 2);
  if (end < 0) throw new RangeError("an entry of an index is cut off");
  return { term: rest.slice(0, end).replaceAll("\0\xff", "\0"), key: rest.slice(end + 2) };
}

function lengthOf(text: string): string {
  return String.fromCharCode((text.length >>> 8) & 0xff, text.length & 0xff);
}

function flipped(bytes: string): string {
  return Array.from(bytes, (char) => String.fromCharCode(0xff - char.charCodeAt(0))).join("");
}
