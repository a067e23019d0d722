// Shows which hooks are taken and which refused with a sentence, and that a change reaches disk and clock and the log exactly once.
import { expect, it } from "vitest";
import { type StoreHooks, noClockTrouble, noDiskTrouble, noHooks } from "../../src/core/store-hooks.js";
import { Hooks, parseHooks } from "../../src/store/hooks.js";

const slow: StoreHooks = { ...noHooks, disk: { ...noDiskTrouble, fsyncDelayMs: 200 } };

it.each<[string, StoreHooks]>([
  ["none", noHooks],
  ["one trouble", slow],
  [
    "all at once",
    {
      disk: { fsyncDelayMs: 1.5, fsyncFails: true, losesUnsynced: true, tearsWrites: true, flipsBit: true },
      clock: { skewMs: -86_400_000, jumpMs: 60_000, driftPercent: -90 },
    },
  ],
])("takes %s", (_, hooks) => {
  expect(parseHooks(JSON.stringify(hooks))).toEqual(hooks);
});

const disk = (part: object): object => ({ ...noHooks, disk: { ...noDiskTrouble, ...part } });
const clock = (part: object): object => ({ ...noHooks, clock: { ...noClockTrouble, ...part } });

it.each<[string, unknown, string]>([
  ["a list", [], "The body must be an object."],
  ["null", null, "The body must be an object."],
  ["half of the state", { disk: noDiskTrouble }, 'The body has no field "clock".'],
  ["more than the state", { ...noHooks, network: {} }, 'The body has a field "network", which means nothing here.'],
  ["a disk that is none", { ...noHooks, disk: 1 }, '"disk" must be an object, not 1.'],
  ["a missing trouble", { ...noHooks, clock: { skewMs: 0, jumpMs: 0 } }, 'clock has no field "driftPercent".'],
  ["an unknown trouble", disk({ melts: true }), 'disk has a field "melts", which means nothing here.'],
  ["a delay as text", disk({ fsyncDelayMs: "5s" }), '"fsyncDelayMs" must be a number, not "5s".'],
  ["a switch as a number", disk({ flipsBit: 1 }), '"flipsBit" must be true or false, not 1.'],
  ["a negative delay", disk({ fsyncDelayMs: -1 }), '"fsyncDelayMs" must be from 0 to 3600000, not -1.'],
  ["a jump back", clock({ jumpMs: -1 }), '"jumpMs" must be from 0 to 3153600000000, not -1.'],
  ["time that stands still", clock({ driftPercent: -100 }), '"driftPercent" must be from -99.9 to 1000000, not -100.'],
])("refuses %s", (_, value, sentence) => {
  expect(parseHooks(JSON.stringify(value))).toBe(sentence);
});

it("refuses what is no JSON, and infinity written as a number", () => {
  expect(parseHooks("{")).toBe("The body is not JSON.");
  expect(parseHooks(JSON.stringify(clock({ skewMs: 1 })).replace(":1,", ":1e999,"))).toMatch(/^"skewMs" must be from /);
});

it("a change reaches disk and clock and is one log record; the same again is nothing", () => {
  const done: unknown[] = [];
  const hooks = new Hooks({
    disk: { set: (trouble) => done.push(["disk", trouble.fsyncDelayMs]) },
    bitFlip: { set: (wanted) => done.push(["bit", wanted]) },
    clock: { set: (trouble) => done.push(["clock", trouble.jumpMs]) },
    log: (level, event, _msg, fields) => done.push([level, event, fields]),
  });
  expect(hooks.current).toEqual(noHooks);
  hooks.set(noHooks);
  expect(done).toEqual([]);
  hooks.set(slow);
  hooks.set({ clock: { ...slow.clock }, disk: { ...slow.disk } });
  expect(hooks.current).toEqual(slow);
  expect(done.splice(0)).toEqual([
    ["disk", 200],
    ["bit", false],
    ["clock", 0],
    ["warn", "hooks-changed", slow],
  ]);
  hooks.set(noHooks);
  expect(done.at(-1)).toEqual(["warn", "hooks-changed", noHooks]);
});
