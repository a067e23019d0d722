// Shows that what a node counts of its work for Riak's `/stats` is what a list of all that happened comes to, and that it takes no more room for more work.
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { countedStore } from "../../../../src/store/riak/stats/counted-store.js";
import { Histogram } from "../../../../src/store/riak/stats/histogram.js";
import { Spiral } from "../../../../src/store/riak/stats/spiral.js";
import { Statistics } from "../../../../src/store/riak/stats/statistics.js";
import type { LeaderlessStore } from "../../../../src/store/leaderless/api.js";
import { memoryStore } from "../memory-store.js";
import type { MemoryStore } from "../memory-store.js";

const steps = fc.array(fc.record({ afterMs: fc.nat(90_000), value: fc.oneof(fc.nat(200), fc.nat(10_000_000)) }), {
  minLength: 1,
});

it("counts events of the last minute as a list of them does", () => {
  fc.assert(
    fc.property(steps, (events) => {
      const spiral = new Spiral();
      const seen: { second: number; value: number }[] = [];
      let nowMs = 0;
      for (const { afterMs, value } of events) {
        nowMs += afterMs;
        spiral.add(nowMs, value);
        seen.push({ second: Math.floor(nowMs / 1000), value });
        const recent = seen.filter(({ second }) => second > Math.floor(nowMs / 1000) - 60);
        expect(spiral.lastMinute(nowMs)).toBe(recent.reduce((sum, each) => sum + each.value, 0));
      }
      expect(spiral.total).toBe(seen.reduce((sum, each) => sum + each.value, 0));
      expect(spiral.lastMinute(nowMs + 60_000)).toBe(0);
    }),
  );
});

it("takes totals that are counted elsewhere", () => {
  const spiral = new Spiral();
  spiral.raiseTo(0, 5);
  spiral.raiseTo(70_000, 5);
  spiral.raiseTo(70_000, 8);
  expect([spiral.total, spiral.lastMinute(70_000)]).toEqual([8, 3]);
});

it("tells how values were spread as a sorted list does, but for the last sixtieth of large ones", () => {
  fc.assert(
    fc.property(steps, (events) => {
      const histogram = new Histogram();
      const seen: { step: number; value: number }[] = [];
      let nowMs = 0;
      for (const { afterMs, value } of events) {
        nowMs += afterMs;
        histogram.add(nowMs, value);
        seen.push({ step: Math.floor(nowMs / 10_000), value });
      }
      const recent = seen.filter(({ step }) => step > Math.floor(nowMs / 10_000) - 6).map(({ value }) => value);
      const sorted = recent.sort((a, b) => a - b);
      const at = (share: number): number => sorted[Math.ceil(sorted.length * share) - 1] as number;
      const { mean, median, p95, p99, max } = histogram.lastMinute(nowMs);
      expect(max).toBe(at(1));
      expect(mean).toBe(Math.round(sorted.reduce((sum, value) => sum + value, 0) / sorted.length));
      for (const [told, exact] of [
        [median, at(0.5)],
        [p95, at(0.95)],
        [p99, at(0.99)],
      ] as const) {
        expect(told).toBeGreaterThanOrEqual(exact);
        expect(told).toBeLessThanOrEqual(exact < 128 ? exact : exact * (1 + 1 / 64));
      }
      expect(histogram.lastMinute(nowMs + 60_000).max).toBe(0);
    }),
  );
});

it("bears values that are none", () => {
  const histogram = new Histogram();
  for (const value of [-5, 0.4, 2 ** 60]) histogram.add(0, value);
  expect(histogram.lastMinute(0)).toMatchObject({ median: 0, max: 2 ** 40 - 1 });
});

describe("a store that is counted", () => {
  let nowMs: number;
  let memory: MemoryStore;
  let statistics: Statistics;
  let store: LeaderlessStore;
  beforeEach(() => {
    nowMs = 1000;
    memory = memoryStore();
    statistics = new Statistics(() => nowMs);
    store = countedStore(memory, statistics);
  });

  const name = { type: "default", bucket: "b", key: "k" };
  const get = async (): Promise<void> =>
    new Promise((resolve) => void store.ask({ type: "get", name, options: {} }, () => resolve()));
  const put = async (value: string): Promise<void> => {
    const content = { value: Buffer.from(value), userMeta: [["a", "bc"]], indexes: [], links: [] } as const;
    const unsaid = { contentType: "t/p", charset: undefined, contentEncoding: undefined };
    return new Promise((resolve) => {
      const request = { type: "put", name, context: undefined, options: {}, condition: "none", returnBody: false } as const;
      store.ask({ ...request, content: { ...content, ...unsaid } }, () => resolve());
    });
  };

  it("tells of reads and writes, how long they took and what they found", async () => {
    const read = get();
    expect(statistics.tell()).toMatchObject({ node_get_fsm_active: 1, node_gets: 0 });
    nowMs += 5;
    await read;
    await put("one");
    await put("three");
    await get();
    expect(statistics.tell()).toMatchObject({
      node_gets: 2,
      node_gets_total: 2,
      node_get_fsm_active: 0,
      node_get_fsm_time_mean: 2500,
      node_get_fsm_time_100: 5000,
      node_get_fsm_siblings_mean: 2,
      // default, b, k, v2; one and three; t/p and a=bc each
      node_get_fsm_objsize_100: 7 + 1 + 1 + 2 + 3 + 5 + 2 * (3 + 3),
      node_puts: 2,
      node_puts_total: 2,
      node_put_fsm_time_99: 0,
    });
    nowMs += 60_000;
    expect(statistics.tell()).toMatchObject({ node_gets: 0, node_gets_total: 2, node_get_fsm_time_100: 0 });
  });

  it("tells of failures, and of what it had no room for", async () => {
    memory.failNext({ type: "overload" });
    await get();
    memory.failNext({ type: "timeout" });
    await get();
    expect(statistics.tell()).toMatchObject({
      node_gets: 2,
      node_get_fsm_errors: 2,
      node_get_fsm_errors_total: 2,
      node_get_fsm_rejected_60s: 1,
      node_get_fsm_rejected_total: 1,
    });
  });

  it("holds a list to be under way until its last page, or until nobody waits for it", async () => {
    for (const key of ["a", "b", "c", "d"]) {
      name.key = key;
      await put("x");
    }
    const pages: (() => void)[] = [];
    const ask = async (): Promise<() => void> =>
      new Promise((resolve) => {
        const bucket = { type: "default", bucket: "b" };
        const cancel = store.ask({ type: "listKeys", bucket, timeoutMs: undefined }, (answer) => {
          if (answer.ok && answer.value.more !== undefined) pages.push(answer.value.more);
          resolve(() => cancel());
        });
      });
    await ask();
    const cancel = await ask();
    expect(statistics.tell()).toMatchObject({ list_fsm_active: 2, list_fsm_create: 2 });
    pages[0]?.();
    cancel();
    cancel();
    await new Promise((resolve) => queueMicrotask(() => queueMicrotask(() => resolve(undefined))));
    expect(statistics.tell()).toMatchObject({ list_fsm_active: 0, list_fsm_create: 2, index_fsm_active: 0 });
  });

  it("tells of replicas and of repairs, and lets other questions be", async () => {
    statistics.replicated({ reads: 3, writes: 4 });
    statistics.readRepaired();
    await new Promise<void>((resolve) => void store.ask({ type: "typeProperties", bucketType: "default" }, () => resolve()));
    expect(statistics.tell()).toMatchObject({ vnode_gets: 3, vnode_puts_total: 4, read_repairs: 1, node_gets: 0 });
    expect(store.nodeName).toBe(memory.nodeName);
  });
});
