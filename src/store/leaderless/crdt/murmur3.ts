/**
 * MurmurHash3, 32 bits (Appleby), of bytes as text with one character a byte. Hashes agree on all machines and for ever: they are part of what
 * is stored. https://github.com/aappleby/smhasher/blob/master/src/MurmurHash3.cpp
 */
export function murmur3(bytes: string, seed: number): number {
  const blocksEnd = bytes.length & ~3;
  let hash = seed | 0;
  for (let at = 0; at < blocksEnd; at += 4) {
    hash ^= scrambled(littleEndian(bytes, at, 4));
    hash = (hash << 13) | (hash >>> 19);
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0;
  }
  hash ^= scrambled(littleEndian(bytes, blocksEnd, bytes.length - blocksEnd)) ^ bytes.length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function littleEndian(bytes: string, at: number, count: number): number {
  let word = 0;
  for (let i = 0; i < count; i++) word |= (bytes.charCodeAt(at + i) & 0xff) << (8 * i);
  return word;
}

function scrambled(word: number): number {
  const mixed = Math.imul(word, 0xcc9e2d51);
  return Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593);
}
