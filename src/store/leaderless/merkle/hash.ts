import { segmentCount } from "./hash-tree.js";

/** Hashes of objects, and the sums of a {@link HashTree}, are whole numbers below this. */
export const hashRange = 2 ** 48;

/**
 * 48 bits of an object's canonical bytes: what tells two copies apart. Fast, and no secret: it finds differences that happen, not those that
 * somebody makes. Two lanes of 32 bits with the rounds and the ending of MurmurHash3 (Appleby, public domain), each with multipliers of its
 * own; 16 bits of the second go on top of the first.
 */
export function objectHash(bytes: Uint8Array): number {
  const { length } = bytes;
  const wholeWords = length & ~3;
  const words = new DataView(bytes.buffer, bytes.byteOffset, length);
  let a = length;
  let b = ~length;
  for (let at = 0; at < wholeWords; at += 4) {
    const word = words.getInt32(at, true);
    a = roundA(a, word);
    b = roundB(b, word);
  }
  if (wholeWords < length) {
    let word = 0;
    for (let at = length - 1; at >= wholeWords; at--) word = (word << 8) | (bytes[at] as number);
    a = roundA(a, word);
    b = roundB(b, word);
  }
  return (finish(b) >>> 16) * 2 ** 32 + finish(a);
}

/** 32 bits of a key, one character a byte (latin1). */
export function keyHash(key: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < key.length; at++) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193);
  return finish(hash);
}

/** The segment of the tree in which keys of this hash are. */
export function segmentOf(hashOfKey: number): number {
  return hashOfKey % segmentCount;
}

/** What a key and its object add to the sum of their segment. */
export function mixed(hashOfKey: number, hashOfObject: number): number {
  const low = hashOfObject >>> 0;
  const high = Math.floor(hashOfObject / 2 ** 32);
  const a = finish(roundA(roundA(hashOfKey, low), high));
  const b = finish(roundB(roundB(hashOfKey, low), high));
  return (b >>> 16) * 2 ** 32 + a;
}

function roundA(hash: number, word: number): number {
  let k = Math.imul(word, 0xcc9e2d51);
  k = (k << 15) | (k >>> 17);
  const h = hash ^ Math.imul(k, 0x1b873593);
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
}

function roundB(hash: number, word: number): number {
  let k = Math.imul(word, 0x239b961b);
  k = (k << 16) | (k >>> 16);
  const h = hash ^ Math.imul(k, 0x38b34ae5);
  return (Math.imul((h << 17) | (h >>> 15), 5) + 0x0bcaa747) | 0;
}

/** Every bit of the result depends on every bit of `hash`. */
function finish(hash: number): number {
  let h = hash ^ (hash >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
