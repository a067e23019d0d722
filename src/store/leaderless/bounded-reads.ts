import { type ByteReader, MalformedBytes } from "./versions/binary.js";

/** Far enough below the largest whole number that counting on from it stays exact. */
const countMax = 2 ** 52;
const flags = [false, true] as const;

/** A number that may be counted on from. These all throw {@link MalformedBytes} where there is something else. */
export function readCount(reader: ByteReader): number {
  const count = reader.number();
  if (count > countMax) throw new MalformedBytes(`a number beyond 2^52: ${count}`);
  return count;
}

/** A byte that is the place of one of these. */
export function readWord<T>(reader: ByteReader, words: readonly T[]): T {
  const at = reader.byte();
  if (at >= words.length) throw new MalformedBytes(`a word has the number ${at}, and there are ${words.length}`);
  return words[at] as T;
}

/** A byte, 0 or 1. */
export function readFlag(reader: ByteReader): boolean {
  return readWord(reader, flags);
}

/** A byte of which no other bits are set than in `known`. */
export function readBits(reader: ByteReader, known: number): number {
  const bits = reader.byte();
  if ((bits & ~known) !== 0) throw new MalformedBytes(`bits are set that mean nothing: ${bits}`);
  return bits;
}

/** What a byte of {@link readBits} can have of these. */
export function allBits(each: Readonly<Record<string, number>>): number {
  return Object.values(each).reduce((all, one) => all | one, 0);
}
