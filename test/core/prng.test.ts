// Shows that a seed gives the same numbers on every machine, and that they look like chance.
import { expect, test } from "vitest";
import { createPrng } from "../../src/core/prng.js";

/** The first draws as 32-bit numbers. */
function draws(seed: number, count: number): readonly number[] {
  const prng = createPrng(seed);
  return Array.from({ length: count }, () => prng.next() * 2 ** 32);
}

test.each([
  [0, [1042467279, 43268146, 720511638, 3216311226]],
  [1, [1930539107, 2003999907, 2883482671, 4206869851]],
  [42, [695857468, 3046671632, 1167015482, 2030221812]],
  [2 ** 32 - 1, [3948599743, 3125754026, 3912479616, 2444141026]],
])("the first draws of seed %d", (seed, expected) => expect(draws(seed, 4)).toEqual(expected));

test("seeds differ from their neighbours at once", () => {
  const first = Array.from({ length: 1000 }, (_, seed) => draws(seed, 1)[0]);
  expect(new Set(first).size).toBe(1000);
});

test("draws lie in [0, 1), evenly: each of 16 buckets within 5 standard deviations", () => {
  const prng = createPrng(7);
  const count = 64_000;
  const buckets = Array.from({ length: 16 }, () => 0);
  for (let i = 0; i < count; i++) {
    const draw = prng.next();
    expect(draw >= 0 && draw < 1).toBe(true);
    const bucket = Math.floor(draw * 16);
    buckets[bucket] = (buckets[bucket] ?? 0) + 1;
  }
  const mean = count / 16;
  const deviation = Math.sqrt(count * (1 / 16) * (15 / 16));
  for (const bucket of buckets) expect(Math.abs(bucket - mean)).toBeLessThan(5 * deviation);
});

test("int reaches both ends and nothing beyond, chance keeps its odds", () => {
  const prng = createPrng(3);
  const seen = new Set(Array.from({ length: 500 }, () => prng.int(-1, 2)));
  expect([...seen].sort((a, b) => a - b)).toEqual([-1, 0, 1, 2]);
  const hits = Array.from({ length: 10_000 }, () => prng.chance(0.2)).filter(Boolean).length;
  expect(Math.abs(hits - 2000)).toBeLessThan(200);
  expect(prng.chance(0)).toBe(false);
  expect(prng.chance(1)).toBe(true);
});

test("pick reaches all, and refuses an empty list; shuffle loses nothing and leaves its input", () => {
  const prng = createPrng(5);
  const items = ["a", "b", "c"];
  expect(new Set(Array.from({ length: 100 }, () => prng.pick(items)))).toEqual(new Set(items));
  expect(() => prng.pick([])).toThrow(RangeError);
  const orders = new Map<string, number>();
  for (let i = 0; i < 6000; i++) {
    const order = prng.shuffle(items).join("");
    orders.set(order, (orders.get(order) ?? 0) + 1);
  }
  expect([...orders.keys()].sort()).toEqual(["abc", "acb", "bac", "bca", "cab", "cba"]);
  for (const count of orders.values()) expect(Math.abs(count - 1000)).toBeLessThan(150);
  expect(items).toEqual(["a", "b", "c"]);
});

test("a fork goes its own way: what one draws does not move the other", () => {
  const one = createPrng(11);
  const fork = one.fork();
  const alone = createPrng(11);
  const same = alone.fork();
  for (let i = 0; i < 10; i++) fork.next();
  expect(one.next()).toBe(alone.next());
  for (let i = 0; i < 10; i++) same.next();
  expect(fork.next()).toBe(same.next());
});
