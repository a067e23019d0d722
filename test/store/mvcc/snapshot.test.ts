// Shows that a snapshot is of the moment it was begun at, whatever is written and compacted while it leaves, that a store restored from it and told the rest cannot be told from the others, and that damaged ones are refused.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MvccStore } from "../../../src/store/mvcc/mvcc-store.js";
import type { HashAnswer } from "../../../src/store/mvcc/mvcc-store.js";
import { SnapshotDamaged, SnapshotReader } from "../../../src/store/mvcc/snapshot.js";
import { leases, someQuery, someStep } from "./histories.js";
import type { Step } from "./histories.js";
import { del, put } from "./words.js";

const newStore = (): MvccStore => new MvccStore((lease) => leases.has(lease));

function take(store: MvccStore, step: Step): unknown {
  switch (step.type) {
    case "command":
      return store.apply(step.op);
    case "compact":
      return store.compact(store.revision - step.back);
    case "endLease":
      return store.endLease(step.lease);
  }
}

function bytesOf(store: MvccStore, chunkBytes?: number): Buffer {
  const writer = store.snapshot(chunkBytes);
  const chunks: Uint8Array[] = [];
  for (let chunk = writer.next(); chunk !== undefined; chunk = writer.next()) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** @param cuts lengths of the pieces that the bytes arrive in, over and over. */
function restored(bytes: Uint8Array, cuts: readonly number[] = [bytes.length]): MvccStore {
  const reader = new SnapshotReader();
  for (let at = 0, piece = 0; at < bytes.length; piece++) {
    const end = at + (cuts[piece % cuts.length] as number);
    reader.push(bytes.subarray(at, end));
    at = end;
  }
  return new MvccStore((lease) => leases.has(lease), reader.finish());
}

function hashOf(store: MvccStore, revision = 0): HashAnswer {
  const walk = store.hash(revision);
  if ("type" in walk) throw new Error(walk.error);
  let answer = walk.step();
  while (answer === undefined) answer = walk.step();
  return answer;
}

const someSteps = fc.array(someStep, { maxLength: 25 });

describe("a snapshot", () => {
  it("that leaves in chunks while writes go on makes, with those writes, the same store", { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(
        someSteps,
        // What happens while it leaves: a write, a slice of compaction, or the next chunk.
        fc.array(fc.oneof(someStep, fc.constantFrom("slice" as const, "chunk" as const)), { maxLength: 30 }),
        fc.integer({ min: 1, max: 300 }),
        fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 4 }),
        fc.array(someQuery, { maxLength: 3 }),
        (before, during, chunkBytes, cuts, queries) => {
          const [store, undisturbed] = [newStore(), newStore()];
          for (const step of before) {
            take(store, step);
            take(undisturbed, step);
            store.compactSlice(() => false);
          }
          const atBegin = bytesOf(undisturbed);
          const writer = store.snapshot(chunkBytes);
          const chunks: Uint8Array[] = [];
          const later: Step[] = [];
          for (const event of during) {
            if (event === "slice") store.compactSlice(() => true);
            else if (event === "chunk") chunks.push(...[writer.next()].filter((chunk) => chunk !== undefined));
            else {
              take(store, event);
              later.push(event);
            }
          }
          for (let chunk = writer.next(); chunk !== undefined; chunk = writer.next()) chunks.push(chunk);
          expect(Buffer.concat(chunks).equals(atBegin)).toBe(true);

          const copy = restored(Buffer.concat(chunks), cuts);
          expect(copy.bytes).toBe(restored(atBegin).bytes);
          for (const step of later) expect(take(copy, step)).toEqual(take(undisturbed, step));
          while (store.compactSlice(() => true));
          for (const query of queries) expect(copy.range(query)).toEqual(store.range(query));
          for (const lease of leases) expect(copy.keysOf(lease)).toEqual(store.keysOf(lease));
          const from = Math.max(1, store.compactRevision);
          expect([...copy.changesFrom(from)]).toEqual([...store.changesFrom(from)]);
          expect(hashOf(copy)).toEqual(hashOf(store));
          expect(hashOf(copy)).toEqual(hashOf(undisturbed));
          expect(bytesOf(copy).equals(bytesOf(store))).toBe(true);
          expect(bytesOf(copy, chunkBytes).equals(bytesOf(undisturbed))).toBe(true);
          while (copy.compactSlice(() => true));
          expect(copy.bytes).toBe(store.bytes);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it("keeps compaction waiting until its end, or until it is given up", () => {
    const store = newStore();
    for (let i = 0; i < 3; i++) store.apply(put("k", "v"));
    const [done, givenUp] = [store.snapshot(), store.snapshot()];
    store.compact(4);
    const { bytes } = store;
    for (let chunk = done.next(); chunk !== undefined; chunk = done.next());
    expect(store.compactSlice(() => true)).toBe(true);
    expect(store.bytes).toBe(bytes);
    expect(givenUp.next()).toBeDefined();
    givenUp.release();
    givenUp.release();
    expect(givenUp.next()).toBeUndefined();
    expect(store.compactSlice(() => true)).toBe(false);
    expect(store.bytes).toBe(bytes / 3);
  });

  it("has many chunks where there is much, each of the size that was asked for but for one large value", () => {
    const store = newStore();
    for (let i = 0; i < 500; i++) store.apply(put(`k${i}`, "x".repeat(200)));
    store.apply(put("large", "x".repeat(100_000)));
    const writer = store.snapshot(10_000);
    const sizes: number[] = [];
    for (let chunk = writer.next(); chunk !== undefined; chunk = writer.next()) sizes.push(chunk.length);
    expect(sizes.filter((size) => size > 10_000)).toHaveLength(1);
    expect(sizes.filter((size) => size > 9_000).length).toBeGreaterThan(10);
    expect(bytesOf(restored(bytesOf(store), [4096])).equals(bytesOf(store))).toBe(true);
  });
});

describe("a damaged snapshot", () => {
  const store = newStore();
  store.apply(put("a", "1", { lease: 1n }));
  store.apply(put("b", "2"));
  store.apply(del("a"));
  const whole = bytesOf(store);

  it("that ends early is refused, wherever", () => {
    for (let length = 0; length < whole.length; length++) {
      expect(() => restored(whole.subarray(0, length), [7])).toThrow(SnapshotDamaged);
    }
    expect(restored(whole).revision).toBe(4);
  });

  it.each<[string, (bytes: Buffer) => Buffer, RegExp]>([
    ["that goes on after its end", (bytes) => Buffer.concat([bytes, Buffer.from([1])]), /goes on after its end/],
    ["with a record of no known kind", (bytes) => bytes.fill(9, 16, 17), /unknown kind 9 after 0 records/],
    ["that miscounts", (bytes) => bytes.fill(0, bytes.length - 8), /says it has 0 records, but has 3/],
  ])("%s is refused", (_, damage, message) => {
    expect(() => restored(damage(Buffer.from(whole)))).toThrow(message);
  });
});

describe("a hash", () => {
  it("taken in slices while writes go on is that of its revision", { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(someSteps, someSteps, fc.nat({ max: 5 }), (before, during, back) => {
        const store = newStore();
        for (const step of before) take(store, step);
        const revision = Math.max(store.compactRevision + 1, store.revision - back, 1);
        if (revision > store.revision) return;
        const expected = hashOf(store, revision);
        const walk = store.hash(revision);
        if ("type" in walk) throw new Error(walk.error);
        let answer: HashAnswer | undefined;
        for (const each of during) {
          take(store, each);
          store.compactSlice(() => true);
          answer ??= walk.step();
        }
        while (answer === undefined) answer = walk.step();
        expect(answer).toEqual(expected);
        const isStillOpen = store.compactRevision === expected.compactRevision;
        expect(isStillOpen ? hashOf(store, revision) : expected).toEqual(expected);
      }),
      { numRuns: 1000 },
    );
  });

  it("differs where anything differs", () => {
    const variants = [
      [put("a", "1"), put("a", "1")],
      [put("a", "1"), put("a", "2")],
      [put("a", "1"), put("b", "1")],
      [put("a", "1"), put("a", "1", { lease: 1n })],
      [put("a", "1"), del("a")],
      [put("b", "1"), put("a", "1")],
      [put("a", "11"), put("a", "1")],
    ];
    const hashes = variants.map((ops) => {
      const store = newStore();
      for (const op of ops) store.apply(op);
      return hashOf(store).hash;
    });
    expect(new Set(hashes).size).toBe(variants.length);
  });

  it("that is given up lets compaction go on", () => {
    const store = newStore();
    store.apply(put("k", "1"));
    store.apply(put("k", "2"));
    const walk = store.hash(0);
    if ("type" in walk) throw new Error(walk.error);
    walk.step();
    store.compact(3);
    expect(store.compactSlice(() => true)).toBe(true);
    walk.release();
    expect(() => walk.step()).toThrow(/no more steps/);
    expect(store.compactSlice(() => true)).toBe(false);
  });
});
