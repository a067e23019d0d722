/**
 * Variable-length integers: seven bits a byte, the lowest first, at most ten bytes for 64 bits.
 * https://protobuf.dev/programming-guides/encoding/#varints
 */

/** Two halves of a 64-bit number: neither all doubles nor the bitwise operators can hold it whole. */
export interface Halves {
  low: number;
  high: number;
}

const two32 = 2 ** 32;

/** Bytes that the varint of two unsigned halves takes. */
export function varintLength(low: number, high: number): number {
  if (high === 0) return low < 0x80 ? 1 : low < 0x4000 ? 2 : low < 0x20_0000 ? 3 : low < 0x1000_0000 ? 4 : 5;
  return high < 0x8 ? 5 : high < 0x400 ? 6 : high < 0x2_0000 ? 7 : high < 0x100_0000 ? 8 : high < 0x8000_0000 ? 9 : 10;
}

/** Writes two unsigned halves; as many bytes as {@link varintLength} says. */
export function writeVarint(out: Uint8Array, at: number, low: number, high: number): void {
  while (high !== 0 || low >= 0x80) {
    out[at++] = (low & 0x7f) | 0x80;
    low = ((low >>> 7) | (high << 25)) >>> 0;
    high >>>= 7;
  }
  out[at] = low;
}

/** As int64: negative numbers in two's complement. Whole numbers within 2^53 only. */
export function halvesOfNumber(value: number): Halves {
  const high = Math.floor(value / two32);
  return { low: (value - high * two32) >>> 0, high: high >>> 0 };
}

export function halvesOfBigint(value: bigint): Halves {
  const unsigned = BigInt.asUintN(64, value);
  return { low: Number(unsigned & 0xffff_ffffn), high: Number(unsigned >> 32n) };
}

export function numberOfHalves({ low, high }: Halves, isSigned: boolean): number {
  return saturated((isSigned ? high | 0 : high) * two32 + low);
}

/**
 * What is beyond 2^53, where doubles have gaps, becomes the last whole number before: as a revision, a count or a number of seconds it is out of
 * everybody's reach just the same. (Ids are bigints.)
 */
export function saturated(value: number): number {
  return Math.min(Math.max(value, Number.MIN_SAFE_INTEGER), Number.MAX_SAFE_INTEGER);
}

export function bigintOfHalves({ low, high }: Halves, isSigned: boolean): bigint {
  if (high === 0) return low === 0 ? 0n : BigInt(low);
  const value = (BigInt(high) << 32n) | BigInt(low);
  return isSigned ? BigInt.asIntN(64, value) : value;
}

/** Signed numbers as unsigned ones that are small where those are near zero: 0, -1, 1, -2 become 0, 1, 2, 3. */
export function zigzag({ low, high }: Halves): Halves {
  const sign = high >> 31;
  return { low: ((low << 1) ^ sign) >>> 0, high: (((high << 1) | (low >>> 31)) ^ sign) >>> 0 };
}

export function unZigzag({ low, high }: Halves): Halves {
  const sign = -(low & 1);
  return { low: (((low >>> 1) | (high << 31)) ^ sign) >>> 0, high: ((high >>> 1) ^ sign) >>> 0 };
}
