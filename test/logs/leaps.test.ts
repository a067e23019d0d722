// Shows that a leap of the stamps that nobody waited for is noticed, and that silence, bursts and stamps that step back are none.
import { expect, test } from "vitest";
import { Leaps } from "../../src/logs/leaps.js";
import { stampAt } from "./docker-log.js";

const ms = 1_000_000;
/** Writing a file of this size takes at least 200 ms. */
const fileBytes = 50_000_000;

/** A piece: when it was stamped, how long the engine took to send it after the one before, whether it was known before. */
type Step = readonly [atMs: number, waitedMs: number, isKnown?: "known"];

test.each<[string, readonly Step[], readonly boolean[]]>([
  [
    "lines of a node that says one a second",
    [
      [0, 0, "known"],
      [1000, 900],
      [2000, 1000],
      [3000, 999],
    ],
    [false, false, false],
  ],
  [
    "a burst",
    [
      [0, 0, "known"],
      [1, 1],
      [2, 0],
      [150, 0],
      [151, 0],
    ],
    [false, false, false, false],
  ],
  [
    "a file that is left out of a burst",
    [
      [0, 0, "known"],
      [1, 1],
      [2, 0],
      [250, 1],
      [251, 0],
    ],
    [false, false, true, false],
  ],
  [
    "in small steps, nothing is left out",
    [
      [0, 0, "known"],
      [90, 1],
      [180, 0],
      [270, 0],
      [360, 0],
    ],
    [false, false, false, false],
  ],
  [
    "after a delay of its own the engine has caught up",
    [
      [0, 0, "known"],
      [1, 1],
      [1001, 400],
    ],
    [false, true],
  ],
  [
    "a step back",
    [
      [500, 0, "known"],
      [501, 1],
      [500, 0],
      [502, 0],
    ],
    [false, false, false],
  ],
  [
    "the first new piece after a long silence",
    [
      [0, 0, "known"],
      [60_000, 300],
    ],
    [false],
  ],
  [
    "the first new piece comes with what was known",
    [
      [0, 0, "known"],
      [60_000, 1],
    ],
    [true],
  ],
  [
    "nothing was known",
    [
      [60_000, 1],
      [60_001, 0],
    ],
    [false, false],
  ],
])("%s", (_what, steps, expected) => {
  const leaps = new Leaps(fileBytes);
  const found: boolean[] = [];
  for (const [atMs, waitedMs, isKnown] of steps) {
    leaps.waited(waitedMs);
    if (isKnown === "known") leaps.known(stampAt(atMs * ms));
    else found.push(leaps.isBefore(stampAt(atMs * ms)));
  }
  expect(found).toEqual(expected);
});
