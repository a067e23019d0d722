import { expect } from "vitest";
import { bitcaskDefaults, Bitcask, type BitcaskOptions, type FoundInFolder } from "../../../../src/store/io/bitcask/bitcask.js";
import type { Damage } from "../../../../src/store/io/bitcask/damage.js";
import { fanOut, type HashTree } from "../../../../src/store/leaderless/merkle/hash-tree.js";
import { keyHash, objectHash, segmentOf } from "../../../../src/store/leaderless/merkle/hash.js";
import { SumTree } from "../../../../src/store/leaderless/merkle/sum-tree.js";
import type { Place } from "../../../../src/store/leaderless/storage.js";
import type { inSlices } from "../../../../src/store/slices.js";
import { MemoryFolder } from "./memory-folder.js";

/** Slices of so many steps, with a turn of the event loop's queue of promises between them. */
export function slicesOf(steps: number): typeof inSlices {
  return async (step) => {
    for (;;) {
      let left = steps;
      const done = step(() => left-- > 0);
      if (done !== undefined) return done;
      await Promise.resolve();
    }
  };
}

export interface Opened {
  readonly store: Bitcask;
  readonly found: FoundInFolder;
  readonly folder: MemoryFolder;
  /** Numbers as they were told, with how many steps the folder had done by then. */
  readonly durable: { readonly number: number; readonly steps: number }[];
  readonly damages: Damage[];
  readonly merged: string[];
  readonly failures: unknown[];
}

/** Unless `options` say otherwise, time flies: what a file shows is read from there, and none of it from memory. */
export async function openStore(folder = new MemoryFolder(), options: Partial<BitcaskOptions> = {}): Promise<Opened> {
  const told: Omit<Opened, "store" | "found"> = { folder, durable: [], damages: [], merged: [], failures: [] };
  let nowMs = 0;
  const { store, found } = await Bitcask.open({
    ...bitcaskDefaults,
    folder,
    randomBytes: (count) => Uint8Array.from({ length: count }, (_, at) => at + 1),
    fsync: "always",
    inSlices: slicesOf(3),
    after: () => () => undefined,
    nowMs: () => (nowMs += 10_000),
    onDurable: (number) => told.durable.push({ number, steps: folder.steps.length }),
    onSync: () => undefined,
    onDamage: (damage) => told.damages.push(damage),
    onMerged: (file) => told.merged.push(file),
    onFatal: (error) => told.failures.push(error),
    ...options,
  });
  return { store, found, ...told };
}

/** Place, as text, and key -> the value, as text. */
export type Content = ReadonlyMap<string, string>;

const places: readonly Place[] = [
  { kind: "home", partition: 0, n: 3 },
  { kind: "home", partition: 63, n: 2 },
  { kind: "hint", partition: 63, n: 3, member: "näher" },
];
const keys = ["a", "b", "k\xff\0", "d", "e"];

export const addresses: readonly { readonly place: Place; readonly key: string; readonly name: string }[] = places.flatMap(
  (place) => keys.map((key) => ({ place, key, name: `${place.kind} ${place.partition} ${key}` })),
);

/** Everything that the store says it has at the {@link addresses}, which must be all it has; and checks that its parts agree on that. */
export function contentOf(store: Bitcask): Content {
  const content = new Map<string, string>();
  let count = 0;
  for (const place of places) {
    const tree = new SumTree();
    const entries: string[] = [];
    for (const { key, name } of addresses.filter((address) => address.place === place)) {
      const value = store.get(place, key);
      if (value === undefined) continue;
      content.set(name, Buffer.from(value).toString());
      tree.add(keyHash(key), objectHash(value));
      entries.push(`${segmentOf(keyHash(key))} ${key} ${objectHash(value)}`);
    }
    // with the count below, that is all there is
    const found = [...new Set(keys.map((key) => segmentOf(keyHash(key))))].map((segment) =>
      [...store.entries(place, segment)].map(([key, hash]) => `${segment} ${key} ${hash}`),
    );
    expect(found.flat().sort()).toEqual(entries.sort());
    expect(store.tree(place).root()).toBe(tree.root());
    const parts = (of: HashTree): number[] =>
      keys.flatMap((key) => [of.segment(segmentOf(keyHash(key))), of.branch(Math.floor(segmentOf(keyHash(key)) / fanOut))]);
    expect(parts(store.tree(place))).toEqual(parts(tree));
    expect(store.count(place)).toBe(entries.length);
    count += entries.length;
  }
  expect(store.places().reduce((sum, place) => sum + store.count(place), 0)).toBe(count);
  return content;
}
