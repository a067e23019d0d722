import { crc32 } from "node:zlib";
import type { Seal } from "../../bitcask/record-format.js";

const goldenRatio = 0x9e3779b1;

/** Metadata is read before anything else is known, and nobody else's bytes are in it. */
export const metaSeal: Seal = (bytes) => crc32(bytes);

/** `salt`: any 32 bits that are the disk's own. */
export function sealOf(salt: number, file: number): Seal {
  const start = (salt ^ Math.imul(file, goldenRatio)) >>> 0;
  return (bytes) => crc32(bytes, start);
}
