// Shows the laws of a node's clock under trouble: monotonic time never goes back, skew is of the wall clock alone, drift is a rate without steps, a jump is made once, and timers follow.
import fc from "fast-check";
import { expect, it } from "vitest";
import { noClockTrouble } from "../../src/core/store-hooks.js";
import type { ClockTrouble } from "../../src/core/store-hooks.js";
import { TroubledClock } from "../../src/store/clock.js";
import { Machine } from "./machine.js";

function started() {
  const machine = new Machine();
  const clock = new TroubledClock(machine);
  const at = { wallMs: clock.wallMs(), monotonicMs: clock.monotonicMs() };
  return {
    machine,
    clock,
    set: (part: Partial<ClockTrouble>) => clock.set({ ...noClockTrouble, ...part }),
    /** How long it was since the start, by either clock. */
    passed: () => ({ wall: clock.wallMs() - at.wallMs, monotonic: clock.monotonicMs() - at.monotonicMs }),
  };
}

const trouble: fc.Arbitrary<ClockTrouble> = fc.record({
  skewMs: fc.integer({ min: -1e6, max: 1e6 }),
  jumpMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 1e6 })),
  driftPercent: fc.oneof(fc.constant(0), fc.integer({ min: -90, max: 900 })),
});

const story = fc.array(fc.record({ passMs: fc.nat(10_000), trouble }), { maxLength: 20 });

it("without trouble it is the machine's clock", () => {
  const { machine, clock } = started();
  machine.pass(1234);
  expect([clock.wallMs(), clock.monotonicMs()]).toEqual([machine.wallMs(), machine.monotonicMs()]);
});

it("monotonic time passes at the rate of the moment, plus each jump once, and never goes back", () => {
  fc.assert(
    fc.property(story, (steps) => {
      const { machine, clock } = started();
      let expected = clock.monotonicMs();
      let now = noClockTrouble;
      for (const step of steps) {
        machine.pass(step.passMs);
        expected += step.passMs * (1 + now.driftPercent / 100);
        expect(clock.monotonicMs()).toBeCloseTo(expected, 3);
        const before = clock.monotonicMs();
        clock.set(step.trouble);
        clock.set(step.trouble);
        expected += Math.max(0, step.trouble.jumpMs - now.jumpMs);
        expect(clock.monotonicMs()).toBeCloseTo(expected, 3);
        expect(clock.monotonicMs()).toBeGreaterThanOrEqual(before);
        now = step.trouble;
      }
    }),
  );
});

it("once nothing is wrong with it, the wall clock is the machine's again, whatever there was", () => {
  fc.assert(
    fc.property(story, (steps) => {
      const { machine, clock } = started();
      for (const step of steps) {
        machine.pass(step.passMs);
        clock.set(step.trouble);
      }
      clock.set(noClockTrouble);
      machine.pass(10);
      expect(clock.wallMs()).toBe(machine.wallMs());
    }),
  );
});

it("skew moves the wall clock and nothing else", () => {
  const { machine, set, passed } = started();
  set({ skewMs: -3000 });
  machine.pass(100);
  expect(passed()).toEqual({ wall: -2900, monotonic: 100 });
});

it("a jump moves both forward; when it ends the wall clock steps back and the other stays", () => {
  const { machine, set, passed } = started();
  set({ jumpMs: 5000 });
  machine.pass(100);
  set({ jumpMs: 5000, skewMs: 1 });
  expect(passed()).toEqual({ wall: 5101, monotonic: 5100 });
  set({});
  expect(passed()).toEqual({ wall: 100, monotonic: 5100 });
});

it("drift is a rate: no change of it, nor its start, makes a step", () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.tuple(
          fc.nat(5000),
          fc.integer({ min: -90, max: 900 }).filter((percent) => percent !== 0),
        ),
      ),
      (rates) => {
        const { machine, set, passed } = started();
        let expected = 0;
        let rate = 1;
        for (const [passMs, driftPercent] of rates) {
          machine.pass(passMs);
          expected += passMs * rate;
          rate = 1 + driftPercent / 100;
          set({ driftPercent });
          expect(passed().wall).toBeCloseTo(expected, 2);
          expect(passed().monotonic).toBeCloseTo(expected, 2);
        }
      },
    ),
  );
});

it.each([
  [0, 10],
  [100, 20],
  [-50, 5],
])("drifting by %i%%, a timer rings %i times where it rang 10 times", (driftPercent, times) => {
  const { machine, clock, set } = started();
  let rings = 0;
  clock.every(100, (count) => (rings += count));
  set({ driftPercent });
  machine.pass(1001);
  expect(rings).toBe(times);
});

it("a change of rate counts for the interval under way", () => {
  const { machine, clock, set } = started();
  const rang: number[] = [];
  clock.every(100, () => rang.push(machine.nowMs));
  machine.pass(50);
  set({ driftPercent: 100 });
  machine.pass(60);
  expect(rang).toEqual([75]);
});

it("a timer makes up for what a jump skipped, in one ring, and goes on as before", () => {
  const { machine, clock, set } = started();
  const rings: number[] = [];
  clock.every(100, (count) => rings.push(count));
  machine.pass(150);
  set({ jumpMs: 1000 });
  machine.pass(0);
  expect(rings).toEqual([1, 10]);
  set({ jumpMs: 1000, skewMs: 5 });
  machine.pass(100);
  expect(rings).toEqual([1, 10, 1]);
});

it("a jump shorter than what is left brings the next ring nearer", () => {
  const { machine, clock, set } = started();
  const rang: number[] = [];
  clock.every(100, (count) => rang.push(machine.nowMs, count));
  set({ jumpMs: 30 });
  machine.pass(80);
  expect(rang).toEqual([70, 1]);
});

it("a process that slept rings once, however long it slept", () => {
  const { machine, clock } = started();
  const rings: number[] = [];
  clock.every(100, (count) => rings.push(count));
  machine.sleep(5000);
  expect(rings).toEqual([1]);
  machine.pass(100);
  expect(rings).toEqual([1, 1]);
});

it("a timer that was ended rings no more, through no trouble", () => {
  const { machine, clock, set } = started();
  let rings = 0;
  const end = clock.every(100, () => rings++);
  end();
  set({ jumpMs: 1000 });
  machine.pass(1000);
  expect(rings).toBe(0);
});
