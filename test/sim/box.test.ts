// The parts of the box do what faults need: time runs in order, cuts and weather end, a crash loses exactly what was not synced.
import { describe, expect, test } from "vitest";
import { createPrng } from "../../src/core/prng.js";
import { SimDisk } from "../../src/sim/disk.js";
import { SimNetwork } from "../../src/sim/network.js";
import { createTimeline } from "../../src/sim/timeline.js";
import { createTrace } from "../../src/sim/trace.js";
import { joinerSnapshot } from "../../src/store/raft/bootstrap.js";
import type { Message, Persist } from "../../src/store/raft/types.js";

describe("timeline", () => {
  test("events happen by time, then in the order asked for, also those asked for meanwhile", () => {
    const timeline = createTimeline();
    const seen: string[] = [];
    const note = (name: string) => () => void seen.push(`${name}@${timeline.nowMs()}`);
    timeline.after(5, note("c"));
    timeline.after(1, () => {
      note("a")();
      timeline.after(4, note("d"));
      timeline.after(0, note("b"));
    });
    timeline.after(9, note("later"));
    timeline.runUntil(9);
    expect(seen).toEqual(["a@1", "b@1", "c@5", "d@5"]);
    expect(timeline.nowMs()).toBe(9);
  });

  test("a thousand events at random come out sorted", () => {
    const timeline = createTimeline();
    const prng = createPrng(1);
    const seen: number[] = [];
    for (let i = 0; i < 1000; i++) timeline.after(prng.int(0, 100), () => seen.push(timeline.nowMs()));
    timeline.runUntil(Infinity);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    expect(seen).toHaveLength(1000);
  });

  test("it stops where it is told to", () => {
    const timeline = createTimeline();
    let count = 0;
    for (let i = 1; i <= 5; i++) timeline.after(i, () => count++);
    timeline.runUntil(10, () => count === 2);
    expect([count, timeline.nowMs()]).toEqual([2, 2]);
  });
});

describe("network", () => {
  const weather = {
    delayMs: [1, 2],
    lossProbability: 0,
    duplicateProbability: 0,
    straggler: { probability: 0, delayMsMax: 0 },
  } as const;
  const ping = (from: number, to: number): Message => ({ type: "timeoutNow", from, to, term: 1 });
  const setUp = () => {
    const timeline = createTimeline();
    const heard: string[] = [];
    const noticed: string[] = [];
    const network = new SimNetwork(
      timeline,
      createPrng(1),
      weather,
      ({ from, to }) => heard.push(`${from}>${to}`),
      ({ from, to }) => noticed.push(`${from}>${to}`),
    );
    const settle = (): string[] => {
      timeline.runUntil(timeline.nowMs() + 1000);
      return heard.splice(0).sort();
    };
    return { network, settle, noticed };
  };

  test("a cut works in its direction only, on what is under way too, and ends", () => {
    const { network, settle } = setUp();
    network.send(ping(1, 2));
    const heal = network.cut((from, to) => from === 1 && to === 2);
    network.send(ping(1, 2));
    network.send(ping(2, 1));
    expect(settle()).toEqual(["2>1"]);
    heal();
    network.send(ping(1, 2));
    expect(settle()).toEqual(["1>2"]);
  });

  test("of overlapping cuts each ends by itself", () => {
    const { network, settle } = setUp();
    const heals = [network.cut((from) => from === 1), network.cut((_, to) => to === 2)];
    heals[0]?.();
    network.send(ping(1, 2));
    network.send(ping(1, 3));
    expect(settle()).toEqual(["1>3"]);
  });

  test("of what is lost, to a cut or the weather, the sender hears now and then; of what arrives, never", () => {
    const { network, settle, noticed } = setUp();
    for (const lose of [() => network.cut(() => true), () => network.change((usual) => ({ ...usual, lossProbability: 1 }))]) {
      noticed.length = 0;
      const end = lose();
      for (let i = 0; i < 100; i++) network.send(ping(1, 2));
      expect(settle()).toEqual([]);
      end();
      for (let i = 0; i < 100; i++) network.send(ping(2, 1));
      expect(settle()).toHaveLength(100);
      expect(noticed.length).toBeGreaterThan(5);
      expect(noticed.length).toBeLessThan(95);
      expect(new Set(noticed)).toEqual(new Set(["1>2"]));
    }
  });

  test("loss and doubling follow the weather, and the usual weather comes back", () => {
    const { network, settle } = setUp();
    const endLoss = network.change((usual) => ({ ...usual, lossProbability: 1 }));
    network.send(ping(1, 2));
    expect(settle()).toEqual([]);
    endLoss();
    const endDoubling = network.change((usual) => ({ ...usual, duplicateProbability: 1 }));
    network.send(ping(1, 2));
    expect(settle()).toEqual(["1>2", "1>2"]);
    endDoubling();
    network.send(ping(1, 2));
    expect(settle()).toEqual(["1>2"]);
  });
});

describe("disk", () => {
  const write = (persistNumber: number): Persist => ({
    persistNumber,
    hardState: { term: persistNumber, vote: 0, commit: 0 },
    entries: [{ index: persistNumber, term: persistNumber, kind: "normal", data: new Uint8Array(0) }],
    snapshot: undefined,
    discardLog: false,
  });
  const setUp = (seed: number) => {
    const timeline = createTimeline();
    const empty = { hardState: { term: 0, vote: 0, commit: 0 }, snapshot: joinerSnapshot, entries: [] };
    const disk = new SimDisk(timeline, createPrng(seed), [10, 10], empty);
    const durable: number[] = [];
    const persist = (number: number): void => disk.write(write(number), () => durable.push(number));
    return { timeline, disk, durable, persist };
  };

  test("what comes in during a sync goes into the next one, together", () => {
    const { timeline, durable, persist } = setUp(1);
    for (const number of [1, 2, 3]) persist(number);
    timeline.runUntil(10.5);
    expect(durable).toEqual([1]);
    timeline.runUntil(20.5);
    expect(durable).toEqual([1, 2, 3]);
  });

  test("slow times overlap, and the usual ones come back", () => {
    const { timeline, disk, durable, persist } = setUp(1);
    const ends = [disk.slow([50, 50]), disk.slow([70, 70])];
    for (const end of ends) end();
    persist(1);
    timeline.runUntil(10.5);
    expect(durable).toEqual([1]);
    disk.slow([50, 50]);
    persist(2);
    timeline.runUntil(60);
    expect(durable).toEqual([1]);
  });

  test("a crash keeps what was synced, loses what waits, and the frame under way is whole or gone", () => {
    const ends = new Set<string>();
    for (let seed = 1; seed <= 40; seed++) {
      const { timeline, disk, durable, persist } = setUp(seed);
      persist(1);
      timeline.runUntil(11);
      persist(2);
      persist(3);
      const frame = disk.crash();
      timeline.runUntil(100);
      expect(durable).toEqual([1]);
      ends.add(`${frame}: to ${disk.recover().entries.at(-1)?.index}, term ${disk.recover().hardState.term}`);
    }
    expect([...ends].sort()).toEqual(["torn: to 1, term 1", "whole: to 2, term 2"]);
  });

  test("a later write overwrites the tail from its first entry on", () => {
    const { timeline, disk, persist } = setUp(1);
    for (const number of [1, 2, 3]) persist(number);
    disk.write({ ...write(4), entries: [{ index: 2, term: 4, kind: "normal", data: new Uint8Array(0) }] }, () => undefined);
    timeline.runUntil(100);
    expect(disk.recover().entries.map(({ index, term }) => `${index}/${term}`)).toEqual(["1/1", "2/4"]);
  });
});

test("a trace keeps the last events, oldest first, and makes text only when asked", () => {
  let made = 0;
  const trace = createTrace(() => 1.25, 3);
  for (const name of ["a", "b", "c", "d", "e"]) {
    trace.note(() => {
      made++;
      return name;
    });
  }
  expect(made).toBe(0);
  expect(trace.lines()).toEqual(["     1.3ms  c", "     1.3ms  d", "     1.3ms  e"]);
});
