/** What is made of measured numbers. */

export function median(numbers) {
  return percentile(numbers, 0.5);
}

/** Nearest rank: the smallest number that at least `share` of all do not exceed. */
export function percentile(numbers, share) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}

/**
 * Times several things in turn, round after round, so that a busy moment of the machine meets all of them. The first round warms up and
 * does not count.
 * @param {Record<string, () => Promise<number>>} things each does its work once and resolves to the milliseconds it took
 * @returns {Promise<Record<string, number[]>>} milliseconds by name, one for each counted round
 */
export async function inTurn(rounds, things, { warmUp = true } = {}) {
  const taken = Object.fromEntries(Object.keys(things).map((name) => [name, []]));
  for (let round = warmUp ? -1 : 0; round < rounds; round++) {
    for (const [name, once] of Object.entries(things)) {
      const tookMs = await once();
      if (round >= 0) taken[name].push(tookMs);
    }
  }
  return taken;
}

/** How many times as long as `floor` the same round of `thing` took: the median over the rounds. */
export function ratio(thing, floor) {
  return median(thing.map((tookMs, round) => tookMs / floor[round]));
}

export async function timed(run) {
  const startedAt = performance.now();
  await run();
  return performance.now() - startedAt;
}
