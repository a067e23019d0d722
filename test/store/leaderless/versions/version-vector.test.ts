// Shows the algebra of version vectors, beside sets of events, and Riak's rules of pruning.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { prune } from "../../../../src/store/leaderless/versions/prune.js";
import type { VersionVector } from "../../../../src/store/leaderless/versions/version-vector.js";
import {
  concurrent,
  counterOf,
  covers,
  descends,
  dominates,
  emptyVector,
  increment,
  mergeVectors,
} from "../../../../src/store/leaderless/versions/version-vector.js";

const vectors: fc.Arbitrary<VersionVector> = fc
  .uniqueArray(
    fc.record({
      actor: fc.constantFrom(..."a b c d e f".split(" ")),
      counter: fc.integer({ min: 1, max: 4 }),
      seconds: fc.nat(9),
    }),
    {
      selector: ({ actor }) => actor,
    },
  )
  .map((entries) => entries.sort((a, b) => (a.actor < b.actor ? -1 : 1)));

/** The dumb twin: all events one by one. */
function eventsOf(vector: VersionVector): Set<string> {
  return new Set(vector.flatMap(({ actor, counter }) => Array.from({ length: counter }, (_, i) => `${actor}${i + 1}`)));
}

function isSuperset(a: Set<string>, b: Set<string>): boolean {
  return [...b].every((event) => a.has(event));
}

test("one descends from another if its events include the other's", () => {
  fc.assert(
    fc.property(vectors, vectors, (a, b) => {
      const [left, right] = [eventsOf(a), eventsOf(b)];
      expect(descends(a, b)).toBe(isSuperset(left, right));
      expect(dominates(a, b)).toBe(isSuperset(left, right) && left.size > right.size);
      expect(concurrent(a, b)).toBe(!isSuperset(left, right) && !isSuperset(right, left));
    }),
    { numRuns: 500 },
  );
});

test("a merge has the events of both, in whatever order and groups", () => {
  fc.assert(
    fc.property(vectors, vectors, vectors, (a, b, c) => {
      const merged = mergeVectors(a, b);
      expect(eventsOf(merged)).toEqual(new Set([...eventsOf(a), ...eventsOf(b)]));
      expect(merged).toEqual(mergeVectors(b, a));
      expect(mergeVectors(merged, c)).toEqual(mergeVectors(a, mergeVectors(b, c)));
      expect(mergeVectors(a, [...a])).toEqual(a);
    }),
  );
});

test("an increment is one event more, and keeps the order", () => {
  fc.assert(
    fc.property(vectors, fc.constantFrom(..."a b c d e f g".split(" ")), (vector, actor) => {
      const next = increment(vector, actor, 7);
      const dot = { actor, counter: counterOf(vector, actor) + 1 };
      expect(eventsOf(next)).toEqual(new Set([...eventsOf(vector), `${dot.actor}${dot.counter}`]));
      expect(covers(next, dot) && !covers(vector, dot)).toBe(true);
      expect(next.map((entry) => entry.actor)).toEqual(next.map((entry) => entry.actor).sort());
      expect(next.find((entry) => entry.actor === actor)?.seconds).toBe(7);
    }),
  );
  expect(increment(emptyVector, "a", 1)).toEqual([{ actor: "a", counter: 1, seconds: 1 }]);
});

describe("pruning", () => {
  const now = 1_000_000;

  function check(ages: Readonly<Record<string, number>>, limits: Partial<Parameters<typeof prune>[2]>, expected: string): void {
    const vector = Object.entries(ages).map(([actor, age]) => ({ actor, counter: 1, seconds: now - age }));
    const all = { smallVclock: 1, bigVclock: 99, youngVclock: 1, oldVclock: 99_999, ...limits };
    expect(prune(vector, now, all, "z").map(({ actor }) => actor)).toEqual(expected.split(""));
  }

  test("leaves a small vector alone, however old", () =>
    check({ a: 900_000, b: 900_000, c: 900_000 }, { smallVclock: 3, bigVclock: 1, oldVclock: 1 }, "abc"));
  test("leaves a young one alone, however big", () => check({ a: 5, b: 5, c: 5 }, { youngVclock: 20, bigVclock: 1 }, "abc"));
  test("cuts a big one, the oldest first", () => check({ a: 300, b: 900, c: 100 }, { bigVclock: 2 }, "ac"));
  test("forgets what is old", () => check({ a: 300, b: 90_000, c: 90_000 }, { oldVclock: 10_000 }, "a"));
  test("stops at the small size", () => check({ a: 90_000, b: 90_001, c: 90_002 }, { smallVclock: 2, oldVclock: 1 }, "ab"));
  test("stops at the first young entry", () => check({ a: 10, b: 900, c: 15 }, { bigVclock: 1, youngVclock: 20 }, "ac"));
  test("takes of one age the first actor first", () => check({ a: 900, b: 900 }, { bigVclock: 1 }, "b"));
  test("keeps whoever has just written, even if its clock is far behind", () =>
    check({ a: 100, b: 100, z: 900_000 }, { bigVclock: 1, smallVclock: 0 }, "z"));
});
