// Shows that a fault keeps its time on both clocks as long as it is active, and that of one that is over nothing is kept.
import { expect, test } from "vitest";
import { createDeadlines } from "../../src/agent/deadlines.js";
import type { ActiveFault } from "../../src/chaos/fault.js";
import { FakeClock } from "./fake-clock.js";
import { pause } from "./faults.js";

test("the time of a fault that is over is forgotten, of one that is active it is not", async () => {
  const clock = new FakeClock();
  const active = new Set(["f1", "f2"]);
  const deadlineOf = createDeadlines(clock, (id) => active.has(id));
  const startedAtMs = clock.nowMs();
  const fault = (id: string): ActiveFault => ({
    id,
    fault: pause(["n1"]),
    startedAtMs,
    deadlineMs: startedAtMs + 5000,
    seed: null,
  });
  const [f1, f2, f3] = [fault("f1"), fault("f2"), fault("f3")];
  expect([deadlineOf(f1), deadlineOf(f2)]).toEqual([startedAtMs + 5000, startedAtMs + 5000]);
  active.delete("f1");
  await clock.advance(1000);
  clock.setForward(-3_600_000);
  deadlineOf(f3);
  // the one is as if it was never seen, the other has had a second of its five
  expect(deadlineOf(f1)).toBe(clock.nowMs() + 5000);
  expect(deadlineOf(f2)).toBe(clock.nowMs() + 4000);
});
