// Shows that merging data types is commutative, associative and idempotent down to the bytes, and says what all the updates together mean.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { mergeValues, readValue, updateValue } from "../../../../src/store/leaderless/crdt/stored-value.js";
import type { CausalTwin } from "./causal-twin.js";
import type { Kind, Snapshot } from "./histories.js";
import { hex, merged, plainValue, run, scenes, someMoves } from "./histories.js";

describe.each(scenes)("$scene", ({ scene, kind }) => {
  test("merge is commutative, associative and idempotent, byte by byte, whatever contexts clients bring", () => {
    fc.assert(
      fc.property(someMoves(scene, true), fc.tuple(fc.nat(), fc.nat(), fc.nat()), (moves, picks) => {
        const { snapshots } = run(moves);
        const [a, b, c] = picks.map((pick) => snapshots[pick % snapshots.length]?.bytes);
        if (!a || !b || !c) return;
        expect(hex(mergeValues(a, a))).toBe(hex(a));
        expect(hex(mergeValues(a, b))).toBe(hex(mergeValues(b, a)));
        expect(hex(mergeValues(mergeValues(a, b), c))).toBe(hex(mergeValues(a, mergeValues(b, c))));
      }),
      { numRuns: 300 },
    );
  });

  test("every replica holds what the updates that reached it mean, and all of them agree in the end", () => {
    fc.assert(
      fc.property(someMoves(scene), (moves) => {
        const { twin, last } = run(moves, (snapshot, updates) => checkMeaning(kind, snapshot, updates));
        if (last.length === 0) return;
        const forth = last.reduce(merged);
        checkMeaning(kind, forth, twin);
        expect(hex(last.toReversed().reduce(merged).bytes)).toBe(hex(forth.bytes));
      }),
      { numRuns: 300 },
    );
  });
});

function checkMeaning(kind: Kind, { bytes, known }: Snapshot, twin: CausalTwin): void {
  const isSketch = kind === "hll";
  const meant = isSketch ? hex(replayed(twin, known)) : twin.value(kind, known);
  expect(isSketch ? hex(bytes) : plainValue(readValue(bytes).value)).toEqual(meant);
}

/** All updates, one after the other, by one actor. */
function replayed(twin: CausalTwin, known: ReadonlySet<number>): Uint8Array {
  const options = { actor: "one", nowMicros: 0, context: undefined, hllPrecision: 8 };
  let bytes: Uint8Array | undefined;
  for (const { op } of twin.madeOf(known)) bytes = updateValue(bytes, { op, ...options });
  if (bytes === undefined) throw new Error("nothing to replay");
  return bytes;
}
