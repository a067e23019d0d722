import { keyHash, objectHash, segmentOf } from "../../../../src/store/leaderless/merkle/hash.js";
import { segmentCount } from "../../../../src/store/leaderless/merkle/hash-tree.js";
import { SumTree } from "../../../../src/store/leaderless/merkle/sum-tree.js";
import { placeName, type Place, type Storage } from "../../../../src/store/leaderless/storage.js";

interface Kept {
  readonly bytes: Uint8Array;
  readonly hash: number;
}

interface Held {
  readonly place: Place;
  readonly segments: (Map<string, Kept> | undefined)[];
  readonly tree: SumTree;
  count: number;
}

/** A disk in memory: whatever was written is durable when the box says so, and a crash may forget the rest. */
export class MemoryStorage implements Storage {
  readonly #places = new Map<string, Held>();
  readonly #meta = new Map<string, Uint8Array>();
  written = 0;
  /** What the disk makes of what it has kept. */
  alter: (bytes: Uint8Array) => Uint8Array = (bytes) => bytes;

  get(place: Place, key: string): Uint8Array | undefined {
    const kept = this.#places.get(placeName(place))?.segments[segmentOf(keyHash(key))]?.get(key);
    return kept && this.alter(kept.bytes);
  }

  hash(place: Place, key: string): number | undefined {
    return this.#places.get(placeName(place))?.segments[segmentOf(keyHash(key))]?.get(key)?.hash;
  }

  put(place: Place, key: string, bytes: Uint8Array): number {
    const held = this.#at(place);
    const hashOfKey = keyHash(key);
    const hash = objectHash(bytes);
    const segment = (held.segments[segmentOf(hashOfKey)] ??= new Map<string, Kept>());
    const before = segment.get(key);
    if (before === undefined) held.count++;
    else held.tree.subtract(hashOfKey, before.hash);
    held.tree.add(hashOfKey, hash);
    segment.set(key, { bytes, hash });
    return ++this.written;
  }

  remove(place: Place, key: string): number {
    const held = this.#at(place);
    const segment = held.segments[segmentOf(keyHash(key))];
    const before = segment?.get(key);
    if (before !== undefined) {
      held.tree.subtract(keyHash(key), before.hash);
      held.count--;
      segment?.delete(key);
    }
    return ++this.written;
  }

  places(): Place[] {
    return [...this.#places.values()].flatMap(({ place, count }) => (count > 0 ? [place] : []));
  }

  count(place: Place): number {
    return this.#at(place).count;
  }

  tree(place: Place): SumTree {
    return this.#at(place).tree;
  }

  *entries(place: Place, segment: number): Iterable<readonly [string, number]> {
    for (const [key, { hash }] of this.#at(place).segments[segment] ?? []) yield [key, hash];
  }

  /** Keys of the place, each with the hash of its object. */
  *all(place: Place): Iterable<readonly [string, number]> {
    for (const segment of this.#at(place).segments) for (const [key, { hash }] of segment ?? []) yield [key, hash];
  }

  getMeta(name: string): Uint8Array | undefined {
    return this.#meta.get(name);
  }

  putMeta(name: string, bytes: Uint8Array): number {
    this.#meta.set(name, bytes);
    return ++this.written;
  }

  #at(place: Place): Held {
    const name = placeName(place);
    const found = this.#places.get(name);
    if (found !== undefined) return found;
    const held = {
      place,
      segments: Array.from({ length: segmentCount }, (): Map<string, Kept> | undefined => undefined),
      tree: new SumTree(),
      count: 0,
    };
    this.#places.set(name, held);
    return held;
  }
}
