// Shows that a rebuild reads every copy once in its interval, in slices, and finds those that the disk has lost; and how deletions are remembered.
import { expect, test } from "vitest";
import { Graves } from "../../../../src/store/leaderless/exchange/graves.js";
import type { HomePlace } from "../../../../src/store/leaderless/storage.js";
import { Rebuild } from "../../../../src/store/leaderless/exchange/rebuild.js";
import type { Place } from "../../../../src/store/leaderless/storage.js";
import { MemoryStorage } from "../machine/memory-storage.js";

const places: readonly HomePlace[] = [1, 2].map((partition) => ({ kind: "home", partition, n: 3 }));

/** A disk on which copies rot: what cannot be read is not there any more. */
class Rotting extends MemoryStorage {
  readonly rotten = new Set<string>();

  override get(place: Place, key: string): Uint8Array | undefined {
    if (this.rotten.delete(key)) this.remove(place, key);
    return super.get(place, key);
  }
}

test("every copy is read once in each interval, a slice at a time, also of what came meanwhile", () => {
  const storage = new Rotting();
  for (const place of places) for (let i = 0; i < 300; i++) storage.put(place, `k${i}`, Buffer.from("v"));
  let nowMs = 0;
  const reads = new Map<string, number>();
  const perTick: number[] = [];
  const lost: Place[] = [];
  const rebuild = new Rebuild({
    storage,
    nowMs: () => nowMs,
    intervalMs: 100_000,
    onRead: ({ partition }, key) => {
      reads.set(`${partition}/${key}`, (reads.get(`${partition}/${key}`) ?? 0) + 1);
      perTick[perTick.length - 1]!++;
    },
    onLost: (place) => lost.push(place),
  });
  const pass = (): void => {
    for (const endMs = nowMs + 100_000; nowMs < endMs;) {
      nowMs += 100;
      perTick.push(0);
      rebuild.tick();
    }
  };
  pass();
  expect([reads.size, new Set(reads.values())]).toEqual([600, new Set([1])]);
  expect(Math.max(...perTick)).toBeLessThan(20);
  storage.rotten.add("k7");
  pass();
  expect(lost).toEqual([places[0]]);
  expect(storage.count(places[0] as Place)).toBe(299);
});

test("a deletion is looked at in the first owner's turn first, again and again, until it is gone", () => {
  let nowMs = 0;
  const held = new Set(["mine", "others"]);
  const looks: string[] = [];
  const graves = new Graves({
    nowMs: () => nowMs,
    isDeleted: (_, key) => held.has(key),
    mayForget: () => true,
    turnOf: ({ partition }) => (partition === 1 ? 0 : partition === 2 ? 1 : undefined),
    look: (_, key) => looks.push(`${key} at ${nowMs}`),
  });
  graves.notice(places[0] as HomePlace, "mine");
  graves.notice(places[0] as HomePlace, "mine");
  graves.notice(places[1] as HomePlace, "others");
  graves.notice({ kind: "home", partition: 9, n: 3 }, "no owner");
  expect(graves.size).toBe(2);
  const pass = (ms: number): void => {
    for (const endMs = nowMs + ms; nowMs < endMs;) {
      nowMs += 1000;
      graves.tick(() => true);
    }
  };
  pass(12_000);
  expect(looks).toEqual(["mine at 1000", "others at 11000"]);
  pass(10_000);
  expect(looks.slice(2)).toEqual(["mine at 21000"]);
  held.clear();
  pass(1000);
  expect(graves.size).toBe(0);
  nowMs += 1000;
  held.add("mine");
  graves.notice(places[0] as HomePlace, "mine");
  graves.tick(() => false);
  expect(graves.size).toBe(1);
});

test("as long as a deletion may not be forgotten nobody looks, and that makes the time until the next look no longer", () => {
  let nowMs = 0;
  let mayForget = false;
  const looks: number[] = [];
  const graves = new Graves({
    nowMs: () => nowMs,
    isDeleted: () => true,
    mayForget: () => mayForget,
    turnOf: () => 0,
    look: () => looks.push(nowMs),
  });
  graves.notice(places[0] as HomePlace, "k");
  for (; nowMs < 150_000; nowMs += 1000) {
    mayForget = nowMs >= 100_500;
    graves.tick(() => true);
  }
  expect(looks).toEqual([101_000, 121_000]);
});
