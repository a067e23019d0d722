// Shows when the agent looks again: at the next deadline or kill, once a second while a deadline is ahead, soon while something is wrong.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { add, emptyLedger } from "../../src/chaos/ledger.js";
import { nextCrashAtMs, nextWakeUpMs, retryAfterMs } from "../../src/chaos/schedule.js";

const untilMs = (durationMs: number | null) => add(emptyLedger, { kind: "pause", nodes: ["n1"] }, 0, durationMs).ledger;

describe("the next look", () => {
  test.each([
    ["nothing is active", emptyLedger, 0, undefined, undefined, undefined],
    ["a fault lasts until it is healed", untilMs(null), 0, undefined, undefined, undefined],
    ["a deadline is near", untilMs(700), 0, undefined, undefined, 700],
    ["a deadline is far: the clock may be set", untilMs(60_000), 0, undefined, undefined, 1000],
    ["a deadline has passed", untilMs(700), 900, undefined, undefined, 0],
    ["a node is wrong", emptyLedger, 0, 400, undefined, 400],
    ["a node is wrong and a deadline nearer", untilMs(100), 0, 250, undefined, 100],
    ["a crash loop kills before the deadline", untilMs(700), 0, undefined, 300, 300],
    ["a crash loop until healed kills in a while", untilMs(null), 0, undefined, 5000, 5000],
  ])("%s", (_, ledger, nowMs, retryInMs, crashInMs, expected) => {
    expect(nextWakeUpMs(ledger, nowMs, retryInMs, undefined, crashInMs)).toBe(expected);
  });
});

test.each([
  [0, 250],
  [4000, 250],
  [20_000, 1000],
  [60_000, 3000],
  [100_000, 5000],
  [86_400_000, 5000],
])("what has been wrong for %i ms is tried again after %i", (wrongForMs, expected) => {
  expect(retryAfterMs(wrongForMs)).toBe(expected);
});

test("a crash loop kills at whole periods from its beginning, whenever it is asked, and never at the same moment twice", () => {
  const ms = fc.integer({ min: 0, max: 1_000_000 });
  fc.assert(
    fc.property(
      fc.integer({ min: -1_000_000, max: 1_000_000 }),
      fc.integer({ min: 1000, max: 60_000 }),
      ms,
      (beganAtMs, everyMs, nowMs) => {
        const nextMs = nextCrashAtMs(beganAtMs, everyMs, nowMs);
        // a remainder may be -0
        expect(Math.abs((nextMs - beganAtMs) % everyMs)).toBe(0);
        expect(nextMs).toBeGreaterThan(nowMs);
        expect(nextMs - nowMs).toBeLessThanOrEqual(everyMs);
      },
    ),
  );
});
