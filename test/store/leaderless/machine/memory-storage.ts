import { keyHash, objectHash, segmentOf } from "../../../../src/store/leaderless/merkle/hash.js";
import { SumTree } from "../../../../src/store/leaderless/merkle/sum-tree.js";
import type { Place, Storage } from "../../../../src/store/leaderless/storage.js";

interface Held {
  readonly place: Place;
  readonly objects: Map<string, Uint8Array>;
  /** Keys by segment of the tree. */
  readonly segments: Set<string>[];
  readonly tree: SumTree;
}

/** A disk in memory: whatever was written is durable when the box says so, and a crash may forget the rest. */
export class MemoryStorage implements Storage {
  readonly #places = new Map<string, Held>();
  readonly #meta = new Map<string, Uint8Array>();
  written = 0;

  get(place: Place, key: string): Uint8Array | undefined {
    return this.#places.get(JSON.stringify(place))?.objects.get(key);
  }

  put(place: Place, key: string, bytes: Uint8Array): number {
    const { objects, tree, segments } = this.#at(place);
    const before = objects.get(key);
    if (before !== undefined) tree.subtract(keyHash(key), objectHash(before));
    tree.add(keyHash(key), objectHash(bytes));
    objects.set(key, bytes);
    (segments[segmentOf(keyHash(key))] ??= new Set()).add(key);
    return ++this.written;
  }

  remove(place: Place, key: string): number {
    const { objects, tree, segments } = this.#at(place);
    const before = objects.get(key);
    if (before !== undefined) tree.subtract(keyHash(key), objectHash(before));
    objects.delete(key);
    segments[segmentOf(keyHash(key))]?.delete(key);
    return ++this.written;
  }

  places(): Place[] {
    return [...this.#places.values()].flatMap(({ place, objects }) => (objects.size > 0 ? [place] : []));
  }

  count(place: Place): number {
    return this.#at(place).objects.size;
  }

  tree(place: Place): SumTree {
    return this.#at(place).tree;
  }

  *entries(place: Place, segment: number): Iterable<readonly [string, number]> {
    const { objects, segments } = this.#at(place);
    for (const key of segments[segment] ?? []) yield [key, objectHash(objects.get(key) as Uint8Array)];
  }

  /** Keys of the place, each with the hash of its object. */
  *all(place: Place): Iterable<readonly [string, number]> {
    for (const [key, bytes] of this.#at(place).objects) yield [key, objectHash(bytes)];
  }

  getMeta(name: string): Uint8Array | undefined {
    return this.#meta.get(name);
  }

  putMeta(name: string, bytes: Uint8Array): number {
    this.#meta.set(name, bytes);
    return ++this.written;
  }

  #at(place: Place): Held {
    const name = JSON.stringify(place);
    const held = this.#places.get(name) ?? { place, objects: new Map<string, Uint8Array>(), segments: [], tree: new SumTree() };
    this.#places.set(name, held);
    return held;
  }
}
