// Shows that a HyperLogLog's estimates are as near as it says, at every size, precision and form, and that its hash is MurmurHash3.
import { describe, expect, test } from "vitest";
import { createPrng } from "../../../../src/core/prng.js";
import { DataTypeError } from "../../../../src/store/leaderless/crdt/errors.js";
import { estimateDistinct } from "../../../../src/store/leaderless/crdt/hll-estimate.js";
import { hll, reducePrecision } from "../../../../src/store/leaderless/crdt/hll.js";
import type { Hll } from "../../../../src/store/leaderless/crdt/hll.js";
import { murmur3 } from "../../../../src/store/leaderless/crdt/murmur3.js";
import { updateValue } from "../../../../src/store/leaderless/crdt/stored-value.js";

const options = { actor: "n1", nowMicros: 0, context: undefined, hllPrecision: 14 };

function sketch(adds: readonly string[], precision = 14): Hll {
  return hll.update(hll.empty({ hllPrecision: precision }), { kind: "hll", adds }, options);
}

function cardinality(state: Hll): number {
  const value = hll.value(state);
  return value.kind === "hll" ? value.cardinality : NaN;
}

function distinct(count: number, seed: number): string[] {
  const prng = createPrng(seed);
  return Array.from({ length: count }, (_, i) => `${i} ${prng.int(0, 2 ** 31)}`);
}

function error(count: number, seed: number, precision: number): number {
  return cardinality(sketch(distinct(count, seed), precision)) / count - 1;
}

describe.each([100, 1000, 10_000, 100_000])("%i distinct elements", (count) => {
  test.each([10, 14, 16])("precision %i", (precision) => {
    const standard = 1.04 / Math.sqrt(2 ** precision);
    const errors = Array.from({ length: 8 }, (_, seed) => error(count, seed, precision));
    const rounding = 0.5 / count;
    expect(Math.max(...errors.map(Math.abs))).toBeLessThan(3.5 * standard + rounding);
    const mean = errors.reduce((sum, each) => sum + each, 0) / errors.length;
    expect(Math.abs(mean)).toBeLessThan((3 * standard) / Math.sqrt(errors.length) + rounding);
  });
});

test("between small and large, where raw estimates are wrong, it is not", () => {
  const counts = [20_000, 30_000, 40_000, 50_000, 60_000];
  const errors = counts.flatMap((count) => [1, 2, 3].map((seed) => error(count, seed, 14)));
  const mean = errors.reduce((sum, each) => sum + each, 0) / errors.length;
  expect(Math.abs(mean)).toBeLessThan((3 * 1.04) / Math.sqrt(2 ** 14) / Math.sqrt(errors.length));
});

test("a few elements are counted, and repeated ones once", () => {
  expect(cardinality(sketch([]))).toBe(0);
  expect(cardinality(sketch(["x"]))).toBe(1);
  expect(cardinality(sketch(["x", "y", "x", "z", "y"]))).toBe(3);
});

test("all registers full is a number, too", () => {
  const full = Array.from({ length: 52 }, () => 0);
  full[51] = 2 ** 14;
  expect(estimateDistinct(full)).toBe(Infinity);
  full[51] = 2 ** 14 - 1;
  full[50] = 1;
  expect(estimateDistinct(full)).toBeGreaterThan(2 ** 60);
});

test.each([4, 9, 13])("reduced to precision %i it is as if it had been made so", (precision) => {
  const adds = distinct(5000, 7);
  expect(reducePrecision(sketch(adds), precision)).toEqual(sketch(adds, precision));
});

test("sketches of two precisions merge to the lower", () => {
  const [some, others] = [distinct(3000, 1), distinct(3000, 2)];
  const merged = hll.merge(sketch(some, 14), sketch(others, 11));
  expect(merged).toEqual(sketch([...some, ...others], 11));
});

test("bytes grow with the registers in use up to the dense form", () => {
  const bytesOf = (count: number): number =>
    updateValue(undefined, { ...options, op: { kind: "hll", adds: distinct(count, 3) } }).length;
  expect(bytesOf(10)).toBeLessThan(45);
  expect(bytesOf(1000)).toBeLessThan(3000);
  expect(bytesOf(100_000)).toBe(3 + 2 + 12_288);
});

test.each([3, 17, 14.5, NaN])("a precision of %d is refused", (hllPrecision) => {
  expect(() => hll.empty({ hllPrecision })).toThrow(DataTypeError);
});

test.each([
  ["", 0, 0],
  ["", 1, 0x514e28b7],
  ["", 0xffffffff, 0x81f16f39],
  ["\0\0\0\0", 0, 0x2362f9de],
  ["aaaa", 0x9747b28c, 0x5a97808a],
  ["aaa", 0x9747b28c, 0x283e0130],
  ["aa", 0x9747b28c, 0x5d211726],
  ["a", 0x9747b28c, 0x7fa09ea6],
  ["Hello, world!", 0x9747b28c, 0x24884cba],
  ["The quick brown fox jumps over the lazy dog", 0x9747b28c, 0x2fa826cd],
])("murmur3 of %j with seed %i", (text, seed, hash) => {
  expect(murmur3(text, seed)).toBe(hash);
});
