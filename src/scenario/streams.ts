/**
 * Chance, cut into streams that know nothing of each other: what one step draws moves no draw of another. A stream is found by the seed
 * and by what it is for, never by its position, so steps can come, go and change places.
 */
import { type Prng, createPrng } from "../core/prng.js";

/** What a stream is for, e.g. `["cut", 2, "delay"]`. */
export type StreamKey = readonly (string | number)[];

export function streamOf(seed: number, key: StreamKey): Prng {
  return createPrng(seedOf(seed, key));
}

/** A seed for somebody else's stream, from 0 to 2^32 - 1. */
export function seedOf(seed: number, key: StreamKey): number {
  return hashOf(JSON.stringify([seed, ...key]));
}

/** FNV-1a over UTF-16 code units, its bits then mixed as MurmurHash3 ends: near texts must not make near seeds. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
