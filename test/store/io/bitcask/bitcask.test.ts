// Shows that the store on disk is a map that survives: random writes, closings and merges against a Map; that what waits shares one sync; and what becomes of reads while the disk is slow, in trouble or refuses.
import { setImmediate as turn } from "node:timers/promises";
import fc from "fast-check";
import { expect, it } from "vitest";
import { createPrng } from "../../../../src/core/prng.js";
import { noDiskTrouble } from "../../../../src/core/store-hooks.js";
import { TroubledDisk } from "../../../../src/store/io/troubled-disk.js";
import { Machine } from "../../machine.js";
import { MemoryFolder } from "./memory-folder.js";
import { addresses, contentOf, openStore, slicesOf, type Content } from "./store.js";

const at = fc.nat(addresses.length - 1);
const write = fc.oneof(
  { weight: 6, arbitrary: fc.record({ type: fc.constant("put" as const), at, size: fc.nat(120) }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant("remove" as const), at }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("meta" as const), size: fc.nat(30) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("rest" as const) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("reopen" as const) }) },
);
type Write = typeof write extends fc.Arbitrary<infer T> ? T : never;

/** Plays the writes, in one moment or long after one another; returns what the store held and what it should have, several times on the way, and how often it was merged. */
async function play(writes: readonly Write[], inOneMoment: boolean) {
  const twin = new Map<string, string>();
  const [held, expected]: [unknown[], unknown[]] = [[], []];
  const options = { fileBytesMax: 300, ...(inOneMoment ? { nowMs: () => 0 } : {}) };
  let merges = 0;
  let number = 0;
  let opened = await openStore(undefined, options);
  const compare = (is: unknown, should: unknown): void => void (held.push(is), expected.push(should));
  const compareAll = (): void => compare(contentOf(opened.store), new Map(twin));
  for (const [position, each] of writes.entries()) {
    const { store } = opened;
    if (each.type === "put") {
      const { place, key, name } = addresses[each.at] as (typeof addresses)[number];
      const value = `${position}${"\0".repeat(each.size)}`;
      compare(store.put(place, key, Buffer.from(value)), ++number);
      twin.set(name, value);
    } else if (each.type === "remove") {
      const { place, key, name } = addresses[each.at] as (typeof addresses)[number];
      compare(store.remove(place, key), ++number);
      twin.delete(name);
    } else if (each.type === "meta") {
      compare(store.putMeta("ring", Buffer.alloc(each.size, position)), ++number);
      compare(Buffer.from(store.getMeta("ring") ?? []), Buffer.alloc(each.size, position));
    } else {
      await turn();
      await store.idle();
      merges += opened.merged.splice(0).length;
    }
    if (each.type === "reopen") {
      const meta = store.getMeta("ring");
      await store.close();
      compare(opened.durable.at(-1)?.number ?? 0, number);
      compare([opened.damages, opened.failures], [[], []]);
      opened = await openStore(opened.folder, options);
      compare([opened.found.tornTail, opened.found.damages], [undefined, []]);
      compare([opened.store.getMeta("ring"), opened.store.diskId], [meta, store.diskId]);
      number = 0;
      compareAll();
    }
    if (position % 7 === 0) compareAll();
  }
  compareAll();
  await opened.store.close();
  return { held, expected, merges };
}

it("the store reads as a Map does, whatever is written, merged, closed and opened again", { timeout: 60_000 }, async () => {
  let allMerges = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(write, { maxLength: 120, size: "max" }), fc.boolean(), async (writes, inOneMoment) => {
      const { held, expected, merges } = await play(writes, inOneMoment);
      expect(held).toEqual(expected);
      allMerges += merges;
    }),
    { numRuns: 60 },
  );
  expect(allMerges).toBeGreaterThan(20);
});

const { place } = addresses[0] as (typeof addresses)[number];
const text = (bytes: Uint8Array | undefined): string | undefined => bytes && Buffer.from(bytes).toString();

it("what waits goes in one write and one sync, and is told once", async () => {
  const { store, folder, durable } = await openStore();
  store.put(place, "a", Buffer.from("1"));
  await turn();
  const before = folder.steps.length;
  for (let number = 2; number < 50; number++) store.put(place, `k${number}`, Buffer.from("x"));
  await turn();
  expect(folder.steps.slice(before).map(({ type }) => type)).toEqual(["append", "synced"]);
  expect(durable.map(({ number }) => number)).toEqual([1, 49]);
});

it("a disk that refuses is fatal once, says where, and nothing more is called durable", async () => {
  for (const refuse of ["append", "sync"]) {
    const { store, folder, durable, failures } = await openStore();
    store.put(place, "a", Buffer.from("1"));
    await turn();
    folder.refusal = new Error(refuse);
    store.put(place, "a", Buffer.from("2"));
    await turn();
    store.put(place, "b", Buffer.from("3"));
    await turn();
    expect(failures).toEqual([folder.refusal]);
    expect(durable.map(({ number }) => number)).toEqual([1]);
    await store.close();
  }
});

it("a failed sync of metadata is fatal too", async () => {
  const { store, folder, durable, failures } = await openStore();
  folder.refusal = new Error("full");
  store.putMeta("ring", Buffer.from("1"));
  await turn();
  expect([failures.length, durable]).toEqual([1, []]);
});

it("a write is read at once, also from a disk that holds back what is not synced", async () => {
  for (const fsync of ["always", "batch", "off"] as const) {
    const machine = new Machine();
    const folder = new MemoryFolder();
    const create = folder.create.bind(folder);
    const disk = new TroubledDisk({ createFile: create, time: machine, prng: createPrng(1) });
    folder.create = disk.createFile;
    disk.set({ ...noDiskTrouble, losesUnsynced: true, tearsWrites: fsync === "off" });
    const { store, damages } = await openStore(folder, { fsync, after: machine.after, fileBytesMax: 200 });
    const read: (string | undefined)[] = [];
    for (let round = 0; round < 30; round++) {
      store.put(place, "a", Buffer.from(`value ${round}`));
      store.put(place, `k${round % 4}`, Buffer.from(`other ${round}`));
      read.push(text(store.get(place, "a")));
      if (round % 2 === 0) await turn();
      read.push(text(store.get(place, "a")));
    }
    expect(read).toEqual(Array.from({ length: 60 }, (_, each) => `value ${Math.floor(each / 2)}`));
    expect(damages).toEqual([]);
    await store.close();
    const again = (await openStore(folder)).store;
    expect([text(again.get(place, "a")), text(again.get(place, "k3"))]).toEqual(["value 29", "other 27"]);
  }
});

it("what was written within a second is read from memory, and everything else from the disk", async () => {
  let nowMs = 5000;
  const { store, folder } = await openStore(undefined, { nowMs: () => nowMs });
  store.put(place, "a", Buffer.from("1"));
  await turn();
  expect([text(store.get(place, "a")), folder.reads]).toEqual(["1", 0]);
  nowMs += 1001;
  expect([text(store.get(place, "a")), folder.reads]).toEqual(["1", 1]);
  store.put(place, "b", Buffer.from("2"));
  await turn();
  expect([text(store.get(place, "b")), text(store.get(place, "a")), folder.reads]).toEqual(["2", "1", 2]);
});

it("with `batch` and `off`, writes are told before they are synced; a sync follows within 100 ms, or none", async () => {
  const syncs = async (fsync: "batch" | "off"): Promise<readonly number[]> => {
    const machine = new Machine();
    const { store, folder, durable } = await openStore(new MemoryFolder(), { fsync, after: machine.after });
    const before = folder.steps.filter(({ type }) => type === "synced").length;
    store.put(place, "a", Buffer.from("1"));
    await turn();
    const counts = [durable.length, folder.steps.filter(({ type }) => type === "synced").length - before];
    machine.pass(101);
    await turn();
    return [...counts, folder.steps.filter(({ type }) => type === "synced").length - before];
  };
  expect(await syncs("batch")).toEqual([1, 0, 1]);
  expect(await syncs("off")).toEqual([1, 0, 0]);
});

it("a merge looks at no more records in a slice than it has time for, and writes no more than its bound", async () => {
  const { store, folder, merged } = await openStore(undefined, { fileRecordsMax: 100, inSlices: slicesOf(4) });
  const put = async (key: string, from: number, to: number): Promise<void> => {
    for (let number = from; number < to; number++) store.put(place, `${key}${number}`, Buffer.alloc(200, number));
    await turn();
  };
  await put("k", 0, 100);
  const before = folder.steps.length;
  await put("k", 0, 60);
  await turn();
  await turn();
  await store.idle();
  expect(merged.length).toBeGreaterThan(0);
  const written = folder.steps.slice(before).flatMap((step) => (step.type === "append" ? [step] : []));
  const moved = written.filter(({ name }) => name.startsWith("data")).slice(1);
  expect(moved.reduce((sum, { bytes }) => sum + bytes.length, 0)).toBeGreaterThan(40 * 200);
  expect(Math.max(...moved.map(({ bytes }) => bytes.length))).toBeLessThan(5 * 200);
});

it("the disk's id is made once", async () => {
  const first = await openStore();
  const again: Content = contentOf((await openStore(first.folder, { randomBytes: (count) => new Uint8Array(count) })).store);
  expect(again.size).toBe(0);
  expect((await openStore(first.folder, { randomBytes: (count) => new Uint8Array(count) })).store.diskId).toBe(
    first.store.diskId,
  );
  expect(first.store.diskId).toHaveLength(8);
});

it("a key that came back and went again stays away, though its first removal was merged and its first record was not", async () => {
  const { store, folder, merged } = await openStore(undefined, { fileRecordsMax: 2 });
  const [key, stays, filler, other] = ["a", "b", "d", "e"] as const;
  const put = (of: string, value: string): number => store.put(place, of, Buffer.from(value));
  const nextFile = async (): Promise<void> => {
    await turn();
    await store.idle();
  };
  put(key, "first");
  put(stays, "for ever".repeat(20));
  await nextFile();
  store.remove(place, key);
  put(filler, "x".repeat(100));
  await nextFile();
  put(key, "second");
  put(filler, "y".repeat(100));
  await nextFile();
  store.remove(place, key);
  put(other, "x".repeat(100));
  await nextFile();
  put(other, "y".repeat(100));
  put(filler, "z".repeat(100));
  await nextFile();
  await store.close();
  expect(merged.map((path) => Number(path.slice(-2)))).toEqual(expect.arrayContaining([2, 3, 4]));
  const again = await openStore(folder);
  expect(text(again.store.get(place, key))).toBeUndefined();
});
