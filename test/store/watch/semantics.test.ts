// Shows case by case what a watcher is told: whole revisions, pieces of large ones, progress, that it is cancelled where the state goes back, and that events are made once for all.
import { beforeEach, expect, it } from "vitest";
import { MvccStore } from "../../../src/store/mvcc/mvcc-store.js";
import { usualLimits, WatchHub } from "../../../src/store/watch/hub.js";
import type { WatchSpec } from "../../../src/store/watch/watcher.js";
import { del, put, txn } from "../mvcc/words.js";
import { FakeSink } from "./fake-sink.js";

const everything: WatchSpec = {
  key: "\0",
  rangeEnd: "\0",
  start: 0,
  noPut: false,
  noDelete: false,
  prevKv: false,
  progress: false,
  fragment: false,
};
const limits = {
  ...usualLimits,
  responseBytes: 60,
  fragmentBytesMax: 400,
  readAtOnce: 3,
  watchersMax: 4,
  progressEveryMs: 1000,
};

let store: MvccStore;
let hub: WatchHub;
beforeEach(() => {
  store = new MvccStore(() => false);
  hub = new WatchHub({ store: () => store, header: (revision) => ({ revision }), wake: () => {}, random: () => 0 }, limits);
});

function write(...ops: readonly (ReturnType<typeof put> | ReturnType<typeof del> | ReturnType<typeof txn>)[]): void {
  for (const op of ops) store.apply(op as never);
  hub.applied();
}

function catchUp(): void {
  while (hub.catchUp(() => false));
}

/** A stream with watchers 1, 2, …, of which `told` shows what they were told. */
function watching(...specs: readonly Partial<WatchSpec>[]) {
  const sink = new FakeSink();
  const stream = hub.open(sink);
  for (const [at, spec] of specs.entries()) stream.create(BigInt(at + 1), { ...everything, ...spec });
  const told = (id = 1n): (readonly string[])[] =>
    sink.responses
      .filter(({ watchId, events }) => watchId === id && events.length > 0)
      .map(({ events }) => events.map(({ type, kv }) => `${type === 0 ? "+" : "-"}${kv?.key}@${kv?.modRevision}`));
  return { sink, stream, told };
}

const five = txn(["a", "b", "c", "d", "e"].map((key) => put(key)));

it("tells several revisions at once, and never a part of one, to who keeps up and to who reads on", () => {
  const live = watching({});
  write(put("z"), five, del("\0", "\0"));
  const late = watching({ start: 1 });
  catchUp();
  const whole = [
    ["+z@2", "+a@3", "+b@3", "+c@3", "+d@3", "+e@3"],
    ["-a@4", "-b@4", "-c@4", "-d@4", "-e@4", "-z@4"],
  ];
  expect(live.told()).toEqual(whole);
  expect(late.told()).toEqual(whole);
});

it("sends pieces of a large revision to who takes them, and says of each but the last that it goes on", () => {
  const { sink } = watching({ fragment: true }, {});
  write(txn(["a", "b", "c"].map((key) => put(key, "x".repeat(300)))));
  const pieces = sink.responses.slice(2).map(({ watchId, fragment, events }) => [watchId, fragment, events.length]);
  expect(pieces).toEqual([
    [1n, true, 1],
    [1n, true, 1],
    [1n, false, 1],
    [2n, false, 3],
  ]);
});

it("makes the bytes of events once for all watchers of the same keys", () => {
  const seen = new Set<Buffer>();
  const sinks = [1, 2].map(() => {
    const stream = hub.open({
      writable: true,
      write: (parts) => {
        for (const part of parts) if (part.includes("a large value")) seen.add(part);
        return true;
      },
    });
    stream.create(0n, everything);
    return stream;
  });
  write(put("a", "a large value"), put("b"));
  expect([sinks.length, seen.size]).toEqual([2, 1]);
});

it("reads on where a full stream stopped, once it is drained", () => {
  const { sink, stream, told } = watching({});
  sink.credit = 1;
  write(put("a"));
  write(put("b"));
  write(put("c"));
  expect(told()).toEqual([["+a@2"]]);
  catchUp();
  expect(told()).toEqual([["+a@2"]]);
  sink.credit = 9;
  stream.drained();
  catchUp();
  write(put("d"));
  expect(told()).toEqual([["+a@2"], ["+b@3", "+c@4"], ["+d@5"]]);
});

it("cancels who was overtaken by a compaction, and says by which", () => {
  const { sink, stream } = watching({});
  sink.credit = 0;
  write(put("a"), put("b"), put("c"));
  store.compact(4);
  hub.applied();
  sink.credit = 9;
  stream.drained();
  catchUp();
  expect(sink.responses.at(-1)).toMatchObject({ watchId: 1n, canceled: true, compactRevision: 4, header: { revision: 0 } });
  expect(sink.responses).toHaveLength(2);
  write(put("d"));
  expect(sink.responses).toHaveLength(2);
});

it("who keeps up is told what a compaction in the same batch is about to take", () => {
  const { told } = watching({});
  store.apply(put("a"));
  store.apply(del("a"));
  store.apply(put("b"));
  store.compact(4);
  hub.applied();
  expect(told()).toEqual([["+a@2", "-a@3", "+b@4"]]);
});

it("tells a stream's progress when it is asked to, but not before all its watchers have caught up", () => {
  write(put("a"), put("b"), put("c"), put("d"));
  const { sink, stream } = watching({ start: 2 }, {}, { start: 99 });
  stream.progress();
  expect(sink.responses.every(({ watchId }) => watchId !== -1n)).toBe(true);
  catchUp();
  expect(sink.responses.at(-1)).toMatchObject({ watchId: -1n, created: false, events: [], header: { revision: 5 } });
  stream.progress();
  expect(sink.responses.filter(({ watchId }) => watchId === -1n)).toHaveLength(2);
});

it("tells quiet watchers their progress now and then, where they asked for it", () => {
  const { sink } = watching({ progress: true, rangeEnd: "", key: "a" }, {});
  const reports = (): unknown[] =>
    sink.responses
      .filter(({ created, events }) => !created && events.length === 0)
      .map(({ watchId, header }) => [watchId, header?.revision]);
  hub.tick(0);
  hub.tick(999);
  expect(reports()).toEqual([]);
  write(put("b"));
  hub.tick(1000);
  expect(reports()).toEqual([[1n, 2]]);
  write(put("a"));
  hub.tick(2000);
  expect(reports()).toEqual([[1n, 2]]);
  hub.tick(3000);
  expect(reports()).toEqual([
    [1n, 2],
    [1n, 3],
  ]);
});

it("cancels all watchers where the state has gone back, as it can where promises are broken on purpose", () => {
  const { sink, stream, told } = watching({}, { start: 2 }, { start: 99 });
  write(put("a"), put("b"), put("c"));
  stream.create(0n, { ...everything, start: 3 });
  stream.progress();
  store = new MvccStore(() => false);
  store.apply(put("a"));
  hub.rolledBack();
  hub.restored();
  catchUp();
  const cancelled = sink.responses.filter(({ canceled }) => canceled);
  expect(cancelled.map(({ watchId }) => watchId)).toEqual([1n, 2n, 3n, 0n]);
  for (const each of cancelled)
    expect(each).toMatchObject({ compactRevision: 2, cancelReason: expect.stringContaining("lost writes") });
  expect(sink.responses.at(-1)).toMatchObject({ watchId: -1n, header: { revision: 2 } });
  const before = told();
  write(put("d"));
  expect(told()).toEqual(before);
});

it("cancels them too where the leader's state is ahead, since its revisions are of other writes", () => {
  const { sink, stream, told } = watching({});
  write(put("a"));
  store = new MvccStore(() => false);
  store.apply(put("x"));
  store.apply(put("y"));
  hub.rolledBack();
  hub.restored();
  expect(sink.responses.at(-1)).toMatchObject({ canceled: true, compactRevision: 3 });
  stream.create(0n, { ...everything, start: 3 });
  write(put("z"));
  catchUp();
  expect(told(0n)).toEqual([["+y@3", "+z@4"]]);
});

it("takes no more watchers than it can bear, and others in their place", () => {
  const { sink, stream } = watching({}, {}, {}, {}, {});
  const refused = { watchId: -1n, created: true, canceled: true, cancelReason: "etcdserver: too many requests" };
  expect(sink.responses.at(-1)).toMatchObject(refused);
  stream.cancel(2n);
  stream.create(0n, everything);
  expect(sink.responses.at(-1)).toMatchObject({ created: true, canceled: false, watchId: 0n });
  stream.close();
  expect(watching({}, {}, {}, {}).sink.responses.some(({ canceled }) => canceled)).toBe(false);
});
