// Shows when two owners compare a place, that a place is compared with one of them at a time, and that clients come first.
import { expect, test } from "vitest";
import { createPrng } from "../../../../src/core/prng.js";
import { Budget } from "../../../../src/store/leaderless/exchange/budget.js";
import { Locks } from "../../../../src/store/leaderless/exchange/locks.js";
import { ownedPlaces, type Pair } from "../../../../src/store/leaderless/exchange/places.js";
import { Schedule } from "../../../../src/store/leaderless/exchange/schedule.js";
import { foundRing } from "../../../../src/store/leaderless/gossip/membership.js";
import { Transition } from "../../../../src/store/leaderless/ring/transfers.js";

const intervalMs = 15_000;
const five = ["n1", "n2", "n3", "n4", "n5"];

function pairOf(partition: number, member: string): Pair {
  return { place: { kind: "home", partition, n: 3 }, member };
}

function scheduled(pairs: readonly Pair[], isEmpty = false): { readonly schedule: Schedule; readonly clock: { nowMs: number } } {
  const clock = { nowMs: 0 };
  const schedule = new Schedule({ prng: createPrng(7), nowMs: () => clock.nowMs, intervalMs, isEmpty: () => isEmpty });
  schedule.set(pairs);
  return { schedule, clock };
}

const pairs = Array.from({ length: 40 }, (_, partition) => pairOf(partition, "n2"));

test("every pair has its turn within each interval, at a time of its own", () => {
  const { schedule, clock } = scheduled(pairs);
  const turns = new Map<number, number[]>();
  for (; clock.nowMs < 4 * intervalMs; clock.nowMs += 100) {
    for (const pair of schedule.due()) {
      turns.set(pair.place.partition, [...(turns.get(pair.place.partition) ?? []), clock.nowMs]);
      schedule.completed(pair);
    }
  }
  expect(turns.size).toBe(40);
  for (const times of turns.values()) {
    times.forEach((timeMs, at) => expect(timeMs - (times[at - 1] ?? 0)).toBeLessThanOrEqual(intervalMs));
    expect(times.length).toBeLessThan(9);
  }
  const all = [...turns.values()].flat();
  for (const timeMs of all) expect(all.filter((each) => each === timeMs).length).toBeLessThan(8);
});

test("a node that has begun empty has all its pairs soon", () => {
  const { schedule, clock } = scheduled(pairs, true);
  clock.nowMs = 1000;
  expect(schedule.due().length).toBe(40);
});

test("those of a member that is back have their turn soon, the others in theirs", () => {
  const { schedule, clock } = scheduled([pairOf(1, "n2"), pairOf(2, "n2"), pairOf(1, "n3")]);
  for (const pair of schedule.lags()) schedule.completed(pair);
  schedule.soon(({ member }) => member === "n2");
  clock.nowMs = 1000;
  expect(schedule.due().map(({ member }) => member)).toEqual(["n2", "n2"]);
});

test("the lag is the time since two copies were equal; unknown until they have been", () => {
  const { schedule, clock } = scheduled([pairOf(1, "n2"), pairOf(2, "n2")]);
  clock.nowMs = 400;
  schedule.completed(pairOf(1, "n2"));
  schedule.again(pairOf(2, "n2"));
  clock.nowMs = 1400;
  expect(schedule.lags().map(({ lagMs }) => lagMs)).toEqual([1000, undefined]);
  // a survey that finds the same forgets nothing, one that does not find a pair forgets it
  schedule.set([pairOf(1, "n2")]);
  expect(schedule.lags().map(({ lagMs }) => lagMs)).toEqual([1000]);
});

test("the places of a node are the ring's, for each n, with all their other owners", () => {
  const { ring } = foundRing(Object.fromEntries(five.map((member) => [member, member])), 16);
  const transition = new Transition(ring);
  const counts = new Map<string, number>();
  for (const member of five) {
    const { pairs: owned, turns } = ownedPlaces(member, 16, transition, [2, 3]);
    for (const { place, member: other } of owned) {
      const owners = transition.replicas(place.partition, place.n).owners.map((owner) => owner.member);
      expect([owners.includes(member), owners.includes(other), other === member]).toEqual([true, true, false]);
      expect(turns.get(`${place.partition}/${place.n}`)).toBe(owners.indexOf(member));
      const name = `${place.partition}/${place.n}/${[member, other].sort().join("+")}`;
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
  }
  // three owners are three pairs, two are one, and both sides of each know it
  expect([counts.size, new Set(counts.values())]).toEqual([16 * 3 + 16, new Set([2])]);
});

test("a place is held for one member, no more than so many at once, and not for ever", () => {
  let nowMs = 0;
  const locks = new Locks(2, () => nowMs);
  expect([locks.take("1/3", "n1"), locks.take("1/3", "n2"), locks.take("1/3", "n1")]).toEqual([true, false, true]);
  expect([locks.take("2/3", "n2"), locks.take("3/3", "n3")]).toEqual([true, false]);
  locks.release("2/3", "n3");
  expect(locks.isHeld("2/3")).toBe(true);
  locks.release("2/3", "n2");
  expect([locks.isHeld("2/3"), locks.take("3/3", "n3")]).toEqual([false, true]);
  nowMs = 60_000;
  expect([locks.isHeld("1/3"), locks.take("1/3", "n2")]).toEqual([false, true]);
});

test("the more clients wait, the less is left for anti-entropy, but never nothing", () => {
  const spentIn10s = (clientsWaiting: number): number => {
    const budget = new Budget(0);
    let spent = 0;
    for (let nowMs = 100; nowMs <= 10_000; nowMs += 100) {
      budget.fill(nowMs, clientsWaiting);
      for (; budget.isLeft; spent += 10_000) budget.spend(10_000);
    }
    return spent;
  };
  const [idle, some, many] = [spentIn10s(0), spentIn10s(4), spentIn10s(256)];
  expect(some / idle).toBeCloseTo(0.5, 1);
  expect(many / idle).toBeLessThan(0.05);
  expect(many).toBeGreaterThan(100_000);
});

test("what was spent beyond the budget is paid first", () => {
  const budget = new Budget(0);
  budget.fill(100, 0);
  budget.spend(100_000_000);
  budget.fill(200, 0);
  expect(budget.isLeft).toBe(false);
  budget.fill(60_000, 0);
  expect(budget.isLeft).toBe(true);
});
