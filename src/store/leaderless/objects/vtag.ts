/** Short names of values and objects, for clients to tell whether something is what they had: letters and digits, as Riak's are. */
import type { ReadObject } from "../api.js";
import { objectHash } from "../merkle/hash.js";
import { siblingBytes } from "./object-codec.js";
import { tombstone, type StoredSibling } from "./stored-object.js";

const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/** 62^9 is above 2^48. */
const digitsOfHash = 9;

/** `X-Riak-VTag`: the same on every node. One write has one, and another write another, even of the same value. */
export function vtagOf(sibling: StoredSibling): string {
  // A dot and a time say enough; without one, only the whole value does.
  if (sibling.dot === undefined) return nameOf(siblingBytes(sibling));
  const { contentType, charset, contentEncoding, isTombstone, dot, lastModifiedUs } = sibling;
  const { value, userMeta, indexes, links } = tombstone;
  return nameOf(
    siblingBytes({
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
    }),
  );
}

/** `ETag`: the vtag of the value, or where there are siblings, a name of them all. */
export function etagOf({ siblings, context }: ReadObject): string {
  const [first, ...others] = siblings;
  if (first !== undefined && others.length === 0) return first.vtag;
  return nameOf(Buffer.concat([context, ...siblings.map(({ vtag }) => Buffer.from(vtag))]));
}

/** 96 bits: one hash of the bytes, and one of these with the first behind them. */
function nameOf(bytes: Uint8Array): string {
  const first = base62(objectHash(bytes));
  return first + base62(objectHash(Buffer.concat([bytes, Buffer.from(first)])));
}

function base62(hash: number): string {
  let text = "";
  for (let rest = hash; text.length < digitsOfHash; rest = Math.floor(rest / digits.length))
    text = digits[rest % digits.length] + text;
  return text;
}
