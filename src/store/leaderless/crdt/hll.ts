import type { CanonicalReader, CanonicalWriter } from "./canonical.js";
import type { DataType } from "./data-type.js";
import { DataTypeError } from "./errors.js";
import { estimateDistinct } from "./hll-estimate.js";
import { murmur3 } from "./murmur3.js";
import type { HllOp } from "./operations.js";

/** `registers[i]`: the largest rank of a hash that starts with the `precision` bits of i, 0 if there was none. */
export interface Hll {
  readonly precision: number;
  readonly registers: Uint8Array;
}

const precisionMin = 4;
const precisionMax = 16;

/**
 * A HyperLogLog (Flajolet, Fusy, Gandouet, Meunier 2007) of 2^precision registers, over hashes of 64 bits. The standard error of its estimate is
 * 1.04 / sqrt(2^precision): 0.81 % with 14, Riak's default, for which the bytes are at most 12 KiB.
 */
export const hll: DataType<Hll, HllOp> = {
  name: "hll",
  tag: 4,
  contentType: "application/riak_hll",
  empty: ({ hllPrecision }) => {
    checkPrecision(hllPrecision);
    return { precision: hllPrecision, registers: new Uint8Array(2 ** hllPrecision) };
  },
  update: ({ precision, registers }, { adds }) => {
    const updated = registers.slice();
    for (const element of adds) raise(updated, ...place(element, precision));
    return { precision, registers: updated };
  },
  merge: (a, b) => {
    const precision = Math.min(a.precision, b.precision);
    const merged = reducePrecision(a, precision).registers.slice();
    reducePrecision(b, precision).registers.forEach((rank, index) => raise(merged, index, rank));
    return { precision, registers: merged };
  },
  value: ({ precision, registers }) => {
    const histogram = Array.from({ length: rankMax(precision) + 1 }, () => 0);
    for (const rank of registers) histogram[rank] = (histogram[rank] ?? 0) + 1;
    return { kind: "hll", cardinality: Math.round(estimateDistinct(histogram)) };
  },
  context: () => undefined,
  write: ({ precision, registers }, out) => {
    out.byte(precision);
    const used = countUsed(registers);
    if (isSparse(used, precision)) writeSparse(out, registers, used);
    else {
      out.byte(form.dense);
      out.raw(packed(registers));
    }
  },
  read: (input) => {
    const precision = input.byte();
    checkPrecision(precision);
    const registers = readRegisters(input, precision);
    if (registers.some((rank) => rank > rankMax(precision))) throw new DataTypeError("a rank that no hash has");
    return { precision, registers };
  },
};

/** As it would be had it had this precision, which is no higher, from the start. */
export function reducePrecision({ precision, registers }: Hll, to: number): Hll {
  if (to >= precision) return { precision, registers };
  const bits = precision - to;
  const reduced = new Uint8Array(2 ** to);
  registers.forEach((rank, index) => {
    const low = index & (2 ** bits - 1);
    if (rank > 0) raise(reduced, index >>> bits, low === 0 ? rank + bits : Math.clz32(low) - (32 - bits) + 1);
  });
  return { precision: to, registers: reduced };
}

/** The register of an element's hash: its first bits; and its rank: how many zeroes follow them, and one. */
function place(element: string, precision: number): [index: number, rank: number] {
  const high = murmur3(element, 0);
  const low = murmur3(element, 0x9747b28c);
  const rest = (high << precision) >>> 0;
  const zeroes = rest !== 0 ? Math.clz32(rest) : 32 - precision + Math.clz32(low);
  return [high >>> (32 - precision), zeroes + 1];
}

function raise(registers: Uint8Array, index: number, rank: number): void {
  if (rank > (registers[index] ?? 0)) registers[index] = rank;
}

function rankMax(precision: number): number {
  return 64 - precision + 1;
}

function checkPrecision(precision: number): void {
  if (precision < precisionMin || precision > precisionMax || !Number.isInteger(precision)) {
    throw new DataTypeError(`a HyperLogLog has a precision from ${precisionMin} to ${precisionMax}`);
  }
}

/** Sparse while few registers are used: each with its distance from the one before. Dense: all of them, with six bits each. */
const form = { sparse: 0, dense: 1 } as const;

function isSparse(used: number, precision: number): boolean {
  return used < 2 ** precision / 4;
}

function countUsed(registers: Uint8Array): number {
  let used = 0;
  for (const rank of registers) if (rank > 0) used++;
  return used;
}

function writeSparse(out: CanonicalWriter, registers: Uint8Array, used: number): void {
  out.byte(form.sparse);
  out.uint(used);
  let last = -1;
  registers.forEach((rank, index) => {
    if (rank === 0) return;
    out.uint(index - last - 1);
    out.byte(rank);
    last = index;
  });
}

function readRegisters(input: CanonicalReader, precision: number): Uint8Array {
  const given = input.byte();
  if (given !== form.sparse && given !== form.dense) throw new DataTypeError("registers in no known form");
  const isSparseForm = given === form.sparse;
  const registers = isSparseForm ? readSparse(input, precision) : unpacked(input.raw(2 ** precision * 0.75));
  if (isSparse(countUsed(registers), precision) !== isSparseForm) throw new DataTypeError("registers in the wrong form");
  return registers;
}

function readSparse(input: CanonicalReader, precision: number): Uint8Array {
  const registers = new Uint8Array(2 ** precision);
  for (let left = input.count(), index = -1; left > 0; left--) {
    index += input.uint() + 1;
    const rank = input.byte();
    if (rank === 0 || index >= registers.length) throw new DataTypeError("a register that is not there");
    registers[index] = rank;
  }
  return registers;
}

/** Four registers in three bytes. */
function packed(registers: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(registers.length * 0.75);
  for (let i = 0, at = 0; at < bytes.length; i += 4, at += 3) {
    const [a = 0, b = 0, c = 0, d = 0] = registers.subarray(i, i + 4);
    bytes.set([(a << 2) | (b >> 4), ((b & 15) << 4) | (c >> 2), ((c & 3) << 6) | d], at);
  }
  return bytes;
}

function unpacked(bytes: Uint8Array): Uint8Array {
  const registers = new Uint8Array(bytes.length / 0.75);
  for (let i = 0, at = 0; at < bytes.length; i += 4, at += 3) {
    const [a = 0, b = 0, c = 0] = bytes.subarray(at, at + 3);
    registers.set([a >> 2, ((a & 3) << 4) | (b >> 4), ((b & 15) << 2) | (c >> 6), c & 63], i);
  }
  return registers;
}
