/**
 * How many distinct elements made these registers: the improved raw estimator of Ertl 2017, "New cardinality estimation algorithms for
 * HyperLogLog sketches" (https://arxiv.org/abs/1702.01284, algorithm 6). It has no bias to correct at any cardinality, so it needs none of the
 * measured tables that HyperLogLog++ (Heule, Nunkesser, Hall 2013), which Riak has, looks its corrections up in.
 *
 * `histogram`: how many registers hold each rank, from 0 (nothing yet) up to the largest that a hash can have.
 */
export function estimateDistinct(histogram: readonly number[]): number {
  const registers = histogram.reduce((sum, count) => sum + count, 0);
  const largest = histogram.length - 1;
  const at = (rank: number): number => histogram[rank] ?? 0;
  let z = registers * tau(1 - at(largest) / registers);
  for (let rank = largest - 1; rank >= 1; rank--) z = 0.5 * (z + at(rank));
  z += registers * sigma(at(0) / registers);
  return registers ** 2 / (2 * Math.LN2 * z);
}

/** x + the sum over k >= 1 of x^(2^k) 2^(k-1); infinite at 1, where there is nothing yet. */
function sigma(x: number): number {
  if (x === 1) return Infinity;
  let sum = x;
  for (let weight = 1, before = NaN; sum !== before; weight *= 2) {
    before = sum;
    x *= x;
    sum += x * weight;
  }
  return sum;
}

/** A third of 1 - x - the sum over k >= 1 of (1 - x^(2^-k))^2 2^-k. */
function tau(x: number): number {
  if (x === 0 || x === 1) return 0;
  let sum = 1 - x;
  for (let weight = 0.5, before = NaN; sum !== before; weight /= 2) {
    before = sum;
    x = Math.sqrt(x);
    sum -= (1 - x) ** 2 * weight;
  }
  return sum / 3;
}
