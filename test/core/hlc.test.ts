// Shows what a hybrid logical clock promises under any wall clocks: it only grows, effects come after causes, it stays within what the fastest clock says, and its text sorts as it does.
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Hlc, HybridClock, formatHlc, isHlcText } from "../../src/core/hlc.js";

/** What one process does next: something of its own, or taking in the last message of another one. Its wall clock has any offset. */
const act = fc.record({
  process: fc.nat(3),
  from: fc.option(fc.nat(3), { nil: undefined }),
  skewMs: fc.oneof(fc.constant(0), fc.integer({ min: -5000, max: 5000 }), fc.constantFrom(-1e13, 3_600_000)),
});
const acts = fc.array(act, { maxLength: 60 });

interface Happened {
  readonly hlc: Hlc;
  readonly text: string;
  /** Indices of all that happened before it: the dumb twin of the clock. */
  readonly before: ReadonlySet<number>;
}

const startMs = 1_700_000_000_000;

/** Plays the acts a millisecond apart; every act's clock reading is also a message that anybody can take in later. */
function play(history: readonly { process: number; from: number | undefined; skewMs: number }[]): Happened[] {
  const clocks = [0, 1, 2, 3].map(() => new HybridClock());
  const last = new Map<number, number>();
  const happened: Happened[] = [];
  for (const [i, { process, from, skewMs }] of history.entries()) {
    const clock = clocks[process] as HybridClock;
    const nowMs = startMs + i + skewMs;
    const causes = [last.get(process), from === undefined ? undefined : last.get(from)].filter((cause) => cause !== undefined);
    const message = from === undefined ? undefined : happened[last.get(from) ?? -1];
    const hlc = message === undefined ? clock.tick(nowMs) : clock.receive(message.hlc, nowMs);
    const before = new Set(causes.flatMap((cause) => [cause, ...(happened[cause]?.before ?? [])]));
    happened.push({ hlc, text: formatHlc(hlc), before });
    last.set(process, i);
  }
  return happened;
}

test("whatever happened before has the smaller stamp, and the smaller text, however the wall clocks jump", () => {
  fc.assert(
    fc.property(acts, (history) => {
      const happened = play(history);
      for (const { text, before } of happened) {
        expect(isHlcText(text)).toBe(true);
        for (const cause of before) expect(happened[cause]?.text.localeCompare(text, "en")).toBe(-1);
      }
    }),
  );
});

test("no stamp is ahead of the fastest wall clock there was, nor behind the process's own", () => {
  fc.assert(
    fc.property(acts, (history) => {
      let fastestMs = 0;
      for (const [i, { hlc }] of play(history).entries()) {
        const ownMs = Math.max(0, startMs + i + (history[i]?.skewMs ?? 0));
        fastestMs = Math.max(fastestMs, ownMs);
        expect(hlc.ms).toBeLessThanOrEqual(fastestMs);
        expect(hlc.ms).toBeGreaterThanOrEqual(ownMs);
      }
    }),
  );
});

test("the counter stands at zero while the wall clock moves, and grows while it does not", () => {
  const clock = new HybridClock();
  expect([10, 11.7, 11.9, 5, 12].map((nowMs) => formatHlc(clock.tick(nowMs)))).toEqual([
    "00000000000a-0000",
    "00000000000b-0000",
    "00000000000b-0001",
    "00000000000b-0002",
    "00000000000c-0000",
  ]);
});

test("a remote clock that is an hour ahead is taken over, and kept until the own one has caught up", () => {
  const clock = new HybridClock();
  clock.tick(1000);
  expect(clock.receive({ ms: 3_601_000, counter: 7 }, 1001)).toEqual({ ms: 3_601_000, counter: 8 });
  expect(clock.tick(1002)).toEqual({ ms: 3_601_000, counter: 9 });
  expect(clock.tick(3_601_001)).toEqual({ ms: 3_601_001, counter: 0 });
});

test("of two equal milliseconds the larger counter is gone on from", () => {
  const clock = new HybridClock();
  clock.tick(10);
  expect(clock.receive({ ms: 10, counter: 4 }, 10)).toEqual({ ms: 10, counter: 5 });
  expect(clock.receive({ ms: 10, counter: 1 }, 10)).toEqual({ ms: 10, counter: 6 });
  expect(clock.receive({ ms: 9, counter: 99 }, 11)).toEqual({ ms: 11, counter: 0 });
});

test("a counter that has run out goes on with the next millisecond", () => {
  const clock = new HybridClock();
  clock.receive({ ms: 10, counter: 0xfffe }, 0);
  expect(clock.tick(10)).toEqual({ ms: 11, counter: 0 });
});

test.each(["", "00000000000A-0000", "00000000000a-00000", 12, undefined])("%j is no stamp", (value) => {
  expect(isHlcText(value)).toBe(false);
});
