// Shows which options break a promise, that each such value has its sentence, and that those a store keeps have none.
import { expect, it } from "vitest";
import {
  changedSwitches,
  safeSwitches,
  switchValues,
  unsafeSwitches,
  type StoreSwitches,
} from "../../src/core/store-switches.js";

const all = (Object.keys(switchValues) as (keyof StoreSwitches)[]).flatMap((option) =>
  switchValues[option].map((value) => ({ option, value })),
);

it("the default breaks nothing", () => {
  expect(unsafeSwitches(safeSwitches)).toEqual([]);
  expect(changedSwitches(safeSwitches)).toEqual({});
});

it.each(all.filter(({ option, value }) => safeSwitches[option] !== value))("$option: $value is told, with why", (one) => {
  const switches = { ...safeSwitches, [one.option]: one.value };
  expect(unsafeSwitches(switches)).toEqual([{ ...one, why: expect.stringMatching(/^[a-z].{30,}[^.]$/) }]);
  expect(changedSwitches(switches)).toEqual({ [one.option]: one.value });
});
