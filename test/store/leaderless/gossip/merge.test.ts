// States of a cluster merge: commutative, associative, idempotent, whatever each node did by itself, and pass the disk and the network as they are.
import fc from "fast-check";
import { expect, test } from "vitest";
import { createPrng } from "../../../../src/core/prng.js";
import { acknowledgeTypes } from "../../../../src/store/leaderless/gossip/bucket-types.js";
import { canonical, digestOf } from "../../../../src/store/leaderless/gossip/canonical.js";
import { mergeStates, type ClusterState } from "../../../../src/store/leaderless/gossip/cluster-state.js";
import { deserializeState, parseClusterState, serializeState } from "../../../../src/store/leaderless/gossip/parse.js";
import { doSomething, founded } from "./clusters.js";

/** Three nodes' states after a history of their own and of exchanges. */
function histories(seed: number, steps: number): ClusterState[] {
  const prng = createPrng(seed);
  const states = [1, 2, 3].map(() => founded(3));
  for (let step = 0; step < steps; step++) {
    const at = prng.int(0, 2);
    const state = states[at] as ClusterState;
    const other = states[prng.int(0, 2)] as ClusterState;
    const next = prng.chance(0.2) ? mergeStates(state, other) : doSomething(state, `n${at + 1}`, prng);
    states[at] = acknowledgeTypes(next, `n${at + 1}`);
  }
  return states;
}

const runs = fc.tuple(fc.integer({ min: 0, max: 2 ** 31 }), fc.integer({ min: 0, max: 60 }));

test("in whatever order and however often states meet, the outcome is one", { timeout: 60_000 }, () => {
  fc.assert(
    fc.property(runs, ([seed, steps]) => {
      const [a, b, c] = histories(seed, steps) as [ClusterState, ClusterState, ClusterState];
      expect(mergeStates(a, a)).toEqual(a);
      expect(mergeStates(a, b)).toEqual(mergeStates(b, a));
      expect(mergeStates(mergeStates(a, b), c)).toEqual(mergeStates(a, mergeStates(b, c)));
      expect(mergeStates(mergeStates(a, b), a)).toEqual(mergeStates(a, b));
    }),
    { numRuns: 150 },
  );
});

test("histories reach plans, transfers and active types, so that the test above says something", () => {
  const all = Array.from({ length: 60 }, (_, seed) => histories(seed, 60)).flat();
  expect(all.filter(({ ring }) => ring.plan !== undefined).length).toBeGreaterThan(10);
  expect(all.filter(({ ring }) => ring.plan !== undefined && Object.keys(ring.progress).length > 0).length).toBeGreaterThan(5);
  expect(all.filter(({ ring }) => ring.ring.version > 1).length).toBeGreaterThan(10);
  expect(all.filter(({ types }) => Object.values(types).some(({ isActive }) => isActive)).length).toBeGreaterThan(0);
});

test("a state is the same after the disk", { timeout: 60_000 }, () => {
  fc.assert(
    fc.property(runs, ([seed, steps]) => {
      for (const state of histories(seed, steps)) {
        const again = deserializeState(serializeState(state));
        expect(again).toEqual(state);
        expect(digestOf(again)).toBe(digestOf(state));
      }
    }),
    { numRuns: 40 },
  );
});

test("bytes that are no state are refused, whatever was done to them", { timeout: 60_000 }, () => {
  const text = serializeState(histories(5, 60)[0] as ClusterState);
  fc.assert(
    fc.property(fc.nat({ max: text.length - 1 }), fc.integer({ min: 0, max: 255 }), (at, byte) => {
      const broken = text.slice(0, at) + String.fromCharCode(byte) + text.slice(at + 1);
      const parsed = deserializeState(broken);
      if (parsed !== undefined) mergeStates(parsed, parsed);
      expect(deserializeState(text.slice(0, at))).toBeUndefined();
    }),
  );
  fc.assert(
    fc.property(fc.anything(), (value) => {
      expect(parseClusterState(value)).toBeUndefined();
    }),
  );
});

test("canonical text does not depend on the order of fields, and is one character a byte", () => {
  expect(canonical({ b: [2, { d: 1, c: undefined }], a: "é\u20ac" })).toBe('{"a":"é\\u20ac","b":[2,{"d":1}]}');
  expect(JSON.parse(canonical({ a: "\u20ac😀" }))).toEqual({ a: "\u20ac😀" });
  expect(digestOf({ a: 1, b: 2 })).toBe(digestOf({ b: 2, a: 1 }));
});
