/**
 * CRC-32C (Castagnoli, RFC 3720 section 12.1) of `bytes`, continuing from the CRC of what came before them. Computed here, because the
 * platform's zlib knows another polynomial and is not for pure rooms.
 */
export function crc32c(bytes: Uint8Array, before = 0): number {
  let crc = ~before;
  for (let at = 0; at < bytes.length; at++) {
    crc = (table[(crc ^ (bytes[at] as number)) & 0xff] as number) ^ (crc >>> 8);
  }
  return ~crc >>> 0;
}

/** Remainders of all single bytes, by the polynomial with its bits reversed. */
const table = Int32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit++) remainder = remainder & 1 ? (remainder >>> 1) ^ 0x82f63b78 : remainder >>> 1;
  return remainder;
});
