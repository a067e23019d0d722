import type { HashTree } from "../leaderless/merkle/hash-tree.js";
import { keyHash } from "../leaderless/merkle/hash.js";
import { SumTree } from "../leaderless/merkle/sum-tree.js";
import { homeNumber, placeName, type Place } from "../leaderless/storage.js";
import { KeySlots, type Location } from "./key-slots.js";
import { KeyTable } from "./key-table.js";

interface KeysOfPlace {
  readonly place: Place;
  readonly tree: SumTree;
  readonly table: KeyTable;
}

const emptyTree: HashTree = new SumTree();

/** Every key that the node has, in memory (Bitcask's "keydir"): place, key, location. The tree of each place is kept up with it. */
export class KeyDirectory {
  readonly #slots = new KeySlots();
  readonly #homes = new Map<number, KeysOfPlace>();
  readonly #hints = new Map<string, KeysOfPlace>();

  get(place: Place, key: string): Location | undefined {
    const slot = this.#slot(place, key);
    return slot < 0 ? undefined : this.#slots.get(slot);
  }

  /** Of the key's object. */
  hash(place: Place, key: string): number | undefined {
    const slot = this.#slot(place, key);
    return slot < 0 ? undefined : this.#slots.objectHash(slot);
  }

  /** Returns what it takes the place of. An older file that could hold a record of the key can still do so. */
  set(place: Place, key: string, location: Location): Location | undefined {
    const { tree, table } = this.#of(place) ?? this.#begin(place);
    const hash = keyHash(key);
    tree.add(hash, location.objectHash);
    const slot = table.find(key, hash);
    if (slot < 0) {
      table.add(key, hash, location);
      return undefined;
    }
    const before = this.#slots.get(slot);
    tree.subtract(hash, before.objectHash);
    this.#slots.set(slot, location, Math.min(location.firstFile, before.firstFile));
    return before;
  }

  remove(place: Place, key: string): void {
    const keys = this.#of(place);
    if (keys === undefined) return;
    const { tree, table } = keys;
    const hash = keyHash(key);
    const slot = table.find(key, hash);
    if (slot < 0) return;
    tree.subtract(hash, this.#slots.objectHash(slot));
    table.remove(slot);
    if (table.count > 0) return;
    if (place.kind === "home") this.#homes.delete(homeNumber(place.partition, place.n));
    else this.#hints.delete(placeName(place));
  }

  /** Those that hold a key at least. */
  places(): readonly Place[] {
    return [...this.#homes.values(), ...this.#hints.values()].map(({ place }) => place);
  }

  count(place: Place): number {
    return this.#of(place)?.table.count ?? 0;
  }

  tree(place: Place): HashTree {
    return this.#of(place)?.tree ?? emptyTree;
  }

  /** Of one segment of the tree, as they are now: the directory may change while they are walked. */
  entries(place: Place, segment: number): readonly (readonly [key: string, objectHash: number])[] {
    return this.#segment(place, segment).map((slot) => [this.#slots.key(slot), this.#slots.objectHash(slot)]);
  }

  /** As {@link entries}, the keys alone. */
  keys(place: Place, segment: number): readonly string[] {
    return this.#segment(place, segment).map((slot) => this.#slots.key(slot));
  }

  #segment(place: Place, segment: number): readonly number[] {
    return this.#of(place)?.table.segment(segment) ?? [];
  }

  /** -1 = the key is not there. */
  #slot(place: Place, key: string): number {
    return this.#of(place)?.table.find(key, keyHash(key)) ?? -1;
  }

  #of(place: Place): KeysOfPlace | undefined {
    return place.kind === "home" ? this.#homes.get(homeNumber(place.partition, place.n)) : this.#hints.get(placeName(place));
  }

  #begin(place: Place): KeysOfPlace {
    const keys: KeysOfPlace = { place, tree: new SumTree(), table: new KeyTable(this.#slots) };
    if (place.kind === "home") this.#homes.set(homeNumber(place.partition, place.n), keys);
    else this.#hints.set(placeName(place), keys);
    return keys;
  }
}
