// Shows what becomes of bytes that are not as they were written: one copy is lost and told of by file and offset, no other; damaged hints cost nothing; and a node that has lost itself does not start.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { expect, it } from "vitest";
import { folderAt } from "../../../../src/store/io/bitcask/folder.js";
import { Rebuild } from "../../../../src/store/leaderless/exchange/rebuild.js";
import type { Place } from "../../../../src/store/leaderless/storage.js";
import { StoreDamaged } from "../../../../src/store/io/bitcask/damage.js";
import { DiskRefused, sayingWhere } from "../../../../src/store/io/disk-refused.js";
import { createLogFile } from "../../../../src/store/io/log-file.js";
import type { MemoryFolder } from "./memory-folder.js";
import { addresses, contentOf, openStore, type Content, type Opened } from "./store.js";

const firstFile = "data-0000000001";
const firstHint = "hint-0000000001";
const three = addresses.slice(0, 3);
/** A merge would find the damage first. */
const unmerged = { deadRatioMin: 2 };

/** Three keys, two of them written twice, in one closed file. */
async function written(): Promise<{ readonly folder: MemoryFolder; readonly content: Content }> {
  const { store, folder } = await openStore(undefined, unmerged);
  for (const value of ["old", "newer"]) {
    for (const { place, key, name } of three) {
      if (value === "old" || name !== three[1]?.name) store.put(place, key, Buffer.from(`${value} of ${name}`));
    }
  }
  store.remove(three[0]?.place ?? { kind: "home", partition: 1, n: 3 }, three[0]?.key ?? "");
  store.put(addresses[9]?.place ?? { kind: "home", partition: 1, n: 3 }, addresses[9]?.key ?? "", Buffer.from("last"));
  await turn();
  const content = contentOf(store);
  await store.close();
  return { folder, content };
}

function flip(folder: MemoryFolder, name: string, at: number): void {
  folder.change(name, (bytes) => {
    bytes[at] = (bytes[at] as number) ^ 0x10;
    return bytes;
  });
}

/** Names of what is there and is no value that was ever written, or is missing though its record is whole. */
const differing = (is: Content, was: Content): readonly string[] =>
  [...was.keys()].filter((name) => is.get(name) !== was.get(name));

it("a changed byte, wherever it is, costs one record; a start without hints tells where", async () => {
  const { folder, content } = await written();
  const { length } = folder.bytes(firstFile);
  const strange: unknown[] = [];
  for (let at = 0; at < length; at++) {
    const damaged = folder.killedAt(folder.steps.length);
    damaged.remove(firstHint);
    flip(damaged, firstFile, at);
    const { store, found } = await openStore(damaged, unmerged);
    const is = contentOf(store);
    const [damage] = found.damages;
    const places = found.damages.length + (found.tornTail === undefined ? 0 : 1);
    const where = damage ?? { ...found.tornTail, bytes: found.tornTail?.droppedBytes ?? 0 };
    const isThere =
      (where.offset ?? length) <= at && at < (where.offset ?? 0) + where.bytes && where.file === `/data/${firstFile}`;
    // where the removal was, its key is back; elsewhere one key is gone or as it was before
    const changed = new Set([...differing(is, content), ...[...is.keys()].filter((name) => !content.has(name))]);
    if (places !== 1 || !isThere || changed.size > 1) strange.push({ at, found, changed: [...changed] });
  }
  expect(strange).toEqual([]);
});

it("a copy that cannot be read is told of once, and is gone from the count, the tree and the next start", async () => {
  const { folder, content } = await written();
  flip(folder, firstFile, folder.bytes(firstFile).length - 2);
  const last = addresses[9] as (typeof addresses)[number];
  const { store, found, damages } = await openStore(folder, unmerged);
  expect(found.damages).toEqual([]);
  expect(store.count(last.place)).toBe(1);
  expect([store.get(last.place, last.key), store.get(last.place, last.key)]).toEqual([undefined, undefined]);
  const { place, key } = last;
  expect(damages).toMatchObject([{ file: `/data/${firstFile}`, copy: { place, key }, what: "the checksum of a copy is wrong" }]);
  expect(damages[0]?.offset).toBe(folder.bytes(firstFile).length - (damages[0]?.bytes ?? 0));
  const left = new Map([...content].filter(([name]) => name !== last.name));
  expect(contentOf(store)).toEqual(left);
  await turn();
  const again = await openStore(folder, unmerged);
  expect(contentOf(again.store)).toEqual(left);
  expect(again.damages).toEqual([]);
});

it("a rebuild reads everything anew and finds rot", async () => {
  const { folder } = await written();
  const last = addresses[9] as (typeof addresses)[number];
  flip(folder, firstFile, folder.bytes(firstFile).length - 2);
  const { store, damages } = await openStore(folder, unmerged);
  const read: string[] = [];
  const lost: Place[] = [];
  let nowMs = 0;
  const rebuild = new Rebuild({
    storage: store,
    nowMs: () => nowMs,
    intervalMs: 1000,
    onRead: (_, key) => read.push(key),
    onLost: (place) => lost.push(place),
  });
  for (; nowMs < 100_000; nowMs += 100) if (read.length + lost.length < 3) rebuild.tick();
  expect([read.length, lost]).toEqual([2, [last.place]]);
  expect(damages).toHaveLength(1);
  expect(store.get(last.place, last.key)).toBeUndefined();
});

it("another record where a copy should be is not taken for it", async () => {
  const { store, folder, damages } = await openStore();
  const [first, second] = three as [(typeof addresses)[number], (typeof addresses)[number]];
  for (const { place, key } of [first, second]) store.put(place, key, Buffer.from("as long"));
  await turn();
  folder.change(firstFile, (bytes) => Buffer.concat([bytes.subarray(0, bytes.length / 2), bytes.subarray(0, bytes.length / 2)]));
  expect(store.get(first.place, first.key)).toBeDefined();
  expect(store.get(second.place, second.key)).toBeUndefined();
  expect(damages).toMatchObject([{ what: "another record stands where a copy should be" }]);
});

it.each(["missing", "cut", "changed", "of other data"])("hints that are %s cost nothing but time", async (how) => {
  const { folder, content } = await written();
  const hintBytes = folder.bytes(firstHint).length;
  for (let at = 0; at < hintBytes; at += 3) {
    const damaged = folder.killedAt(folder.steps.length);
    if (how === "missing") damaged.remove(firstHint);
    if (how === "cut") damaged.change(firstHint, (bytes) => bytes.subarray(0, at));
    if (how === "changed") flip(damaged, firstHint, at);
    if (how === "of other data") damaged.change(firstFile, (bytes) => Buffer.concat([bytes, Buffer.alloc(1 + at)]));
    const first = await openStore(damaged, unmerged);
    expect(contentOf(first.store)).toEqual(content);
    expect(first.found).toMatchObject({ tornTail: undefined, damages: [] });
    const { reads } = damaged;
    const second = await openStore(damaged, unmerged);
    // by the hints this time, which tell as much as the values do
    expect(damaged.reads - reads).toBeLessThan(4);
    expect(contentOf(second.store)).toEqual(content);
  }
});

it("a merge of a damaged file tells what is lost, and nothing older comes back in its place", async () => {
  const { store, folder } = await openStore(undefined, { fileRecordsMax: 4 });
  const [first, second] = three as [(typeof addresses)[number], (typeof addresses)[number]];
  const put = async ({ place, key }: (typeof addresses)[number], value: string): Promise<void> => {
    store.put(place, key, Buffer.from(value));
    await turn();
  };
  const others = addresses.slice(5, 8);
  await put(first, "first's oldest");
  for (const other of others) await put(other, "stays where it is");
  // the second file: two records that will be dead, two that are not
  await put(second, "dead");
  await put(first, "the one that is damaged");
  for (const value of ["dead", "dead too"]) await put(second, value);
  flip(folder, "data-0000000002", folder.bytes("data-0000000002").indexOf("damaged"));
  await put(second, "newest");
  await turn();
  await store.idle();
  expect(folder.names()).not.toContain("data-0000000002");
  expect(folder.names()).toContain(firstFile);
  expect(store.get(first.place, first.key)).toBeUndefined();
  await store.close();
  const again = await openStore(folder);
  expect(again.store.get(first.place, first.key)).toBeUndefined();
  expect(contentOf(again.store).size).toBe(4);
});

it("without what it knew of itself a node does not start on its data", async () => {
  const { folder } = await written();
  const meta = folder.names().find((name) => name.startsWith("meta")) as string;
  folder.change(meta, (bytes) => bytes.fill(7));
  await expect(openStore(folder)).rejects.toThrow(StoreDamaged);
  await expect(openStore(folder)).rejects.toThrow(`/data/${meta}`);
});

it("no changed byte takes metadata back to what it was before", async () => {
  const { store, folder } = await openStore();
  store.putMeta("epochs", Buffer.from("1"));
  await turn();
  store.putMeta("epochs", Buffer.from("2"));
  await turn();
  const meta = folder.names().find((name) => name.startsWith("meta")) as string;
  const found = new Set<string>();
  for (let at = 0; at < folder.bytes(meta).length; at++) {
    const damaged = folder.killedAt(folder.steps.length);
    flip(damaged, meta, at);
    const again = await openStore(damaged);
    found.add(Buffer.from(again.store.getMeta("epochs") ?? []).toString());
  }
  expect([...found]).toEqual(["2"]);
});

it("metadata that fills a file goes on in the next, and old files go", async () => {
  const { store, folder } = await openStore();
  for (let round = 0; round < 5; round++) {
    store.putMeta("ring", Buffer.alloc(2 ** 19, round));
    await turn();
  }
  const metas = folder.names().filter((name) => name.startsWith("meta"));
  expect(metas).toHaveLength(1);
  expect(Number(metas[0]?.slice(-2))).toBeGreaterThan(2);
  expect((await openStore(folder)).store.getMeta("ring")?.[0]).toBe(4);
});

it("on a real disk: it is found again though nobody closed it, and what the disk refuses says where", async () => {
  const dir = mkdtempSync(join(tmpdir(), "devious-bitcask-"));
  try {
    let durable = 0;
    const life = (): Promise<Opened> =>
      openStore(folderAt(join(dir, "data"), sayingWhere(createLogFile)) as unknown as MemoryFolder, {
        onDurable: (writeNumber) => (durable = writeNumber),
      });
    const { store } = await life();
    for (const { place, key, name } of addresses) store.put(place, key, Buffer.from(name));
    const last = store.putMeta("ring", Buffer.from("r"));
    await store.idle();
    await expect.poll(() => durable).toBe(last);
    const second = await life();
    expect(second.found).toMatchObject({ tornTail: undefined, damages: [] });
    expect(contentOf(second.store).size).toBe(addresses.length);
    expect(Buffer.from(second.store.getMeta("ring") ?? []).toString()).toBe("r");
    expect(readFileSync(join(dir, "data", firstFile)).at(-1)).not.toBe(0);
    rmSync(join(dir, "data"), { recursive: true });
    const { place, key } = addresses[0] as (typeof addresses)[number];
    second.store.put(place, key, Buffer.from("nowhere"));
    while (second.failures.length === 0) await turn();
    expect(second.failures[0]).toBeInstanceOf(DiskRefused);
    expect(second.failures[0]).toMatchObject({ file: join(dir, "data", "data-0000000002"), offset: 0 });
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
