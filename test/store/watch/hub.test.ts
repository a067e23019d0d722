// Shows that watchers are told what a filter of the whole history tells, each event once and in order, whoever is slow, whatever is compacted or restored meanwhile.
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { expect, it } from "vitest";
import type { Version } from "../../../src/store/mvcc/key-value.js";
import { MvccStore } from "../../../src/store/mvcc/mvcc-store.js";
import { wholeSnapshot } from "../../../src/store/mvcc/whole-snapshot.js";
import { readWholeSnapshot } from "../read-whole-snapshot.js";
import { usualLimits, WatchHub } from "../../../src/store/watch/hub.js";
import type { WatchSpec } from "../../../src/store/watch/watcher.js";
import { leases, someStep } from "../mvcc/histories.js";
import type { Step } from "../mvcc/histories.js";
import { FakeSink } from "./fake-sink.js";
import type { WatchResponse } from "./fake-sink.js";
import { plainWatch, textOf } from "./plain-watch.js";
import type { PlainEvent } from "./plain-watch.js";

const leaseExists = (lease: bigint): boolean => leases.has(lease);

/** One watcher as its client knows it. */
interface Watched {
  readonly spec: WatchSpec;
  readonly from: number;
  readonly events: PlainEvent[];
  /** By response. */
  readonly revisions: (readonly number[])[];
  /** Compacted away, at that revision. */
  compactedTo: number | undefined;
  cancelled: boolean;
  /** There was a moment at which it could not be told at once. */
  mayBeBehind: boolean;
}

/** A hub, clients of three streams, and the whole history of the store under it. */
class World {
  store = new MvccStore(leaseExists);
  readonly history: Version[] = [];
  readonly hub = new WatchHub(
    { store: () => this.store, header: (revision) => ({ revision }), wake: () => {}, random: () => 0 },
    { ...usualLimits, responseBytes: 60, readAtOnce: 3 },
  );
  readonly clients = [1, 2, 3].map(() => {
    const sink = new FakeSink();
    return { sink, stream: this.hub.open(sink), watched: new Map<bigint, Watched>() };
  });

  constructor() {
    for (const { sink, watched } of this.clients) sink.onResponse = (response) => this.#take(watched, response);
  }

  write(step: Step): void {
    const from = this.store.revision + 1;
    if (step.type === "command") this.store.apply(step.op as never);
    else if (step.type === "endLease") this.store.endLease(step.lease);
    else this.store.compact(this.store.revision - step.back);
    if (this.store.revision >= from) this.history.push(...this.store.changesFrom(from));
  }

  create({ stream, sink, watched }: (typeof this.clients)[number], spec: WatchSpec): void {
    const before = sink.responses.length;
    const from = spec.start === 0 ? this.hub.told + 1 : spec.start;
    const mayBeBehind = from <= this.hub.told || !sink.writable;
    const made = { spec, from, events: [], revisions: [], compactedTo: undefined, cancelled: false, mayBeBehind };
    const id = BigInt(watched.size + 1);
    watched.set(id, made);
    stream.create(id, spec);
    const answer = sink.responses[before];
    if (answer?.created !== true || answer.header?.revision !== this.hub.told) throw new Error("not created");
    if (answer.canceled && spec.rangeEnd > spec.key) throw new Error("refused for no reason");
    made.cancelled = answer.canceled;
  }

  settle(): void {
    for (const { sink, stream } of this.clients) {
      sink.credit = Infinity;
      stream.drained();
    }
    while (this.hub.catchUp(() => false));
  }

  #take(watched: ReadonlyMap<bigint, Watched>, response: WatchResponse): void {
    const { watchId, header } = response;
    if (response.created) return;
    if (watchId === -1n) {
      const told = header?.revision ?? 0;
      for (const each of watched.values()) if (!each.cancelled) this.check(each, told);
      return;
    }
    const its = watched.get(watchId);
    if (its === undefined || its.cancelled) throw new Error(`nobody waits for ${watchId}`);
    if (response.canceled) {
      its.cancelled = true;
      if (response.compactRevision !== 0) its.compactedTo = response.compactRevision;
      return;
    }
    its.revisions.push(response.events.map(({ kv }) => kv?.modRevision ?? 0));
    for (const { type, kv, prevKv } of response.events)
      its.events.push({
        type: type === 0 ? "put" : "delete",
        key: kv?.key ?? "",
        revision: kv?.modRevision ?? 0,
        value: textOf(kv?.value ?? Buffer.alloc(0)),
        previous: prevKv === undefined ? undefined : textOf(prevKv.value),
      });
  }

  /** Everything up to `revision` was told to it. */
  check(its: Watched, revision: number): void {
    const all = plainWatch(this.history, its.spec, its.from).filter((event) => event.revision <= revision);
    // what was before may have been compacted by the time that somebody slow is told
    const { compactRevision } = this.store;
    const expected = all.map((event, at) =>
      event.revision <= compactRevision && its.events[at]?.previous === undefined ? { ...event, previous: undefined } : event,
    );
    const due = its.compactedTo === undefined ? expected : expected.slice(0, its.events.length);
    const told = its.compactedTo === undefined ? its.events : its.events.slice(0, expected.length);
    if (!isDeepStrictEqual(told, due)) throw new Error(`told ${JSON.stringify(told)}, not ${JSON.stringify(due)}`);
  }
}

const someSpec: fc.Arbitrary<WatchSpec> = fc.record({
  key: fc.constantFrom("\0", "a", "ab", "b"),
  rangeEnd: fc.constantFrom("", "\0", "b", "c", "\x80"),
  start: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 30 })),
  noPut: fc.constantFrom(false, false, true),
  noDelete: fc.constantFrom(false, false, true),
  prevKv: fc.boolean(),
  progress: fc.boolean(),
  fragment: fc.boolean(),
});

type Move =
  | { readonly type: "batch" | "skipAndRestore"; readonly steps: readonly Step[] }
  | { readonly type: "create"; readonly client: number; readonly spec: WatchSpec }
  | { readonly type: "credit"; readonly client: number; readonly credit: number }
  | { readonly type: "cancel"; readonly client: number; readonly id: number }
  | { readonly type: "progress"; readonly client: number }
  | { readonly type: "catchUp" | "compactSlice" };

const client = fc.integer({ min: 0, max: 2 });
const someMove: fc.Arbitrary<Move> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ type: fc.constant("batch" as const), steps: fc.array(someStep, { maxLength: 4 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant("skipAndRestore" as const), steps: fc.array(someStep, { maxLength: 4 }) }),
  },
  { weight: 4, arbitrary: fc.record({ type: fc.constant("create" as const), client, spec: someSpec }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant("credit" as const), client, credit: fc.integer({ min: 0, max: 4 }) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("cancel" as const), client, id: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("progress" as const), client }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constantFrom("catchUp" as const, "compactSlice" as const) }) },
);

function play(world: World, move: Move): void {
  const its = "client" in move ? world.clients[move.client] : undefined;
  switch (move.type) {
    case "batch":
      for (const step of move.steps) world.write(step);
      world.hub.applied();
      break;
    case "skipAndRestore":
      for (const step of move.steps) world.write(step);
      world.store = new MvccStore(leaseExists, readWholeSnapshot(wholeSnapshot(world.store)));
      for (const { watched } of world.clients) for (const each of watched.values()) each.mayBeBehind = true;
      world.hub.restored();
      break;
    case "create":
      if (its !== undefined) world.create(its, move.spec);
      break;
    case "credit":
      if (its === undefined) break;
      its.sink.credit = move.credit;
      if (move.credit > 0) its.stream.drained();
      break;
    case "cancel":
      its?.stream.cancel(BigInt(move.id));
      break;
    case "progress":
      its?.stream.progress();
      break;
    case "catchUp":
      world.hub.catchUp(() => false);
      break;
    case "compactSlice":
      world.store.compactSlice(() => false);
      break;
  }
  for (const { sink, watched } of world.clients) if (!sink.writable) for (const each of watched.values()) each.mayBeBehind = true;
}

it("tells what the history tells, whatever happens meanwhile", () => {
  fc.assert(
    fc.property(fc.array(someMove, { maxLength: 60 }), (moves) => {
      const world = new World();
      for (const move of moves) play(world, move);
      world.settle();
      for (const { watched } of world.clients)
        for (const each of watched.values()) {
          const wasCancelledByClient = each.cancelled && each.compactedTo === undefined;
          if (!wasCancelledByClient) world.check(each, world.store.revision);
          // only who could not keep up, or wanted what was gone already, is overtaken by a compaction
          expect(each.mayBeBehind || each.compactedTo === undefined).toBe(true);
          expect(Math.max(...each.revisions.flat(), 0)).toBeLessThan(Math.max(each.compactedTo ?? Infinity, 1));
          const lasts = each.revisions.map((revisions) => revisions.at(-1));
          const firsts = each.revisions.map(([first]) => first);
          for (const [at, last] of lasts.entries()) expect(firsts[at + 1]).not.toBe(last ?? -1);
        }
    }),
    { numRuns: 400 },
  );
});
