// Shows that what the storms conclude from watchers' events finds each thing that a store may do wrong with them, and nothing in a good story.
import { expect, test } from "vitest";
import { watchFaults } from "../support/storm/watch-log.js";
import type { SeenEvent, WatchStory } from "../support/storm/watch-log.js";

const log: readonly SeenEvent[] = [
  { revision: 2, key: "a", value: "1" },
  { revision: 3, key: "a", value: "2" },
  { revision: 3, key: "b", value: "3" },
  { revision: 4, key: "a", value: undefined },
  { revision: 5, key: "a", value: "5" },
];
const good: WatchStory = {
  seen: new Map([
    ["w1", log],
    ["w2", log],
  ]),
  puts: [
    { key: "a", value: "1", revision: 2 },
    { key: "a", value: "2", revision: 3 },
    { key: "b", value: "3", revision: undefined },
    { key: "b", value: "4", revision: undefined },
    { key: "a", value: "5", revision: 5 },
  ],
  standing: new Map([
    ["a", "5"],
    ["b", "3"],
  ]),
};

/** The same for both watchers. */
function seen(events: readonly SeenEvent[]): WatchStory {
  return { ...good, seen: new Map([...good.seen.keys()].map((name) => [name, events])) };
}

test("a good story has no faults", () => {
  expect(watchFaults(good)).toEqual([]);
});

test.each<[string, WatchStory, RegExp]>([
  ["nobody watched", { ...good, seen: new Map() }, /nobody watched/],
  ["an event out of order", seen([...log.slice(0, 3), log[4]!, log[3]!]), /w1 saw delete of a at 4 after revision 5/],
  ["an event twice", seen([log[0]!, ...log]), /w1 saw put 1 of a at 2 twice/],
  ["a gap for one", { ...good, seen: new Map([["w1", log], ["w2", log.toSpliced(2, 1)]]) }, /event 2 of w1 is put 3 of b at 3, and of w2 delete of a at 4/], // prettier-ignore
  ["an event less for one", { ...good, seen: new Map([["w1", log], ["w2", log.slice(0, 4)]]) }, /of w2 missing/], // prettier-ignore
  ["an acknowledged put that nobody saw", seen(log.toSpliced(1, 1)), /the put of 2 to a was acknowledged at revision 3, and nobody saw it/], // prettier-ignore
  ["a put done twice", seen([...log, { revision: 6, key: "b", value: "3" }]), /asked for once and done twice/],
  ["a put that nobody tried", seen([...log, { revision: 6, key: "b", value: "x" }]), /nobody tried put x of b at 6/],
  ["another end", { ...good, standing: new Map([["a", "5"]]) }, /by the events b is 3, by a read undefined/],
])("it finds %s", (_, story, sentence) => {
  expect(watchFaults(story).join("\n")).toMatch(sentence);
});
