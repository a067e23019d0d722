import { segmentCount, type HashTree } from "../leaderless/merkle/hash-tree.js";
import { keyHash, segmentOf } from "../leaderless/merkle/hash.js";
import { SumTree } from "../leaderless/merkle/sum-tree.js";
import type { Place } from "../leaderless/storage.js";
import { Locations, type Location } from "./locations.js";

interface KeysOfPlace {
  readonly place: Place;
  readonly tree: SumTree;
  count: number;
  /** Slots of locations by key. Many small maps: each grows without a pause that anybody would feel. */
  readonly segments: (Map<string, number> | undefined)[];
}

const emptyTree: HashTree = new SumTree();

/** Every key that the node has, in memory (Bitcask's "keydir"): place, segment of the tree, key. The tree of each place is kept up with it. */
export class KeyDirectory {
  readonly #locations = new Locations();
  readonly #homes = new Map<number, KeysOfPlace>();
  readonly #hints = new Map<string, KeysOfPlace>();

  get(place: Place, key: string): Location | undefined {
    const slot = this.#slot(place, key);
    return slot === undefined ? undefined : this.#locations.get(slot);
  }

  /** Of the key's object. */
  hash(place: Place, key: string): number | undefined {
    const slot = this.#slot(place, key);
    return slot === undefined ? undefined : this.#locations.objectHash(slot);
  }

  set(place: Place, key: string, location: Location): void {
    const keys = this.#of(place) ?? this.#begin(place);
    const hash = keyHash(key);
    const at = segmentOf(hash);
    const segment = (keys.segments[at] ??= new Map());
    const slot = segment.get(key);
    if (slot === undefined) {
      segment.set(key, this.#locations.add(location));
      keys.count++;
    } else {
      keys.tree.subtract(hash, this.#locations.objectHash(slot));
      this.#locations.set(slot, location);
    }
    keys.tree.add(hash, location.objectHash);
  }

  remove(place: Place, key: string): void {
    const keys = this.#of(place);
    const hash = keyHash(key);
    const at = segmentOf(hash);
    const segment = keys?.segments[at];
    const slot = segment?.get(key);
    if (keys === undefined || segment === undefined || slot === undefined) return;
    keys.tree.subtract(hash, this.#locations.objectHash(slot));
    this.#locations.remove(slot);
    segment.delete(key);
    if (segment.size === 0) keys.segments[at] = undefined;
    if (--keys.count > 0) return;
    if (place.kind === "home") this.#homes.delete(numberOf(place));
    else this.#hints.delete(nameOf(place));
  }

  /** Those that hold a key at least. */
  places(): readonly Place[] {
    return [...this.#homes.values(), ...this.#hints.values()].map(({ place }) => place);
  }

  count(place: Place): number {
    return this.#of(place)?.count ?? 0;
  }

  tree(place: Place): HashTree {
    return this.#of(place)?.tree ?? emptyTree;
  }

  *entries(place: Place, segment: number): Generator<readonly [key: string, objectHash: number], void, undefined> {
    for (const [key, slot] of this.#of(place)?.segments[segment] ?? []) yield [key, this.#locations.objectHash(slot)];
  }

  /** Keys of one segment, as they are now: the directory may change while they are walked. */
  keys(place: Place, segment: number): readonly string[] {
    return [...(this.#of(place)?.segments[segment]?.keys() ?? [])];
  }

  #slot(place: Place, key: string): number | undefined {
    return this.#of(place)?.segments[segmentOf(keyHash(key))]?.get(key);
  }

  #of(place: Place): KeysOfPlace | undefined {
    return place.kind === "home" ? this.#homes.get(numberOf(place)) : this.#hints.get(nameOf(place));
  }

  #begin(place: Place): KeysOfPlace {
    const segments = Array.from({ length: segmentCount }, () => undefined);
    const keys: KeysOfPlace = { place, tree: new SumTree(), count: 0, segments };
    if (place.kind === "home") this.#homes.set(numberOf(place), keys);
    else this.#hints.set(nameOf(place), keys);
    return keys;
  }
}

/** Looked up for every key: a number is quicker than a text. */
function numberOf({ partition, n }: Place): number {
  return partition * 256 + n;
}

function nameOf(place: Extract<Place, { kind: "hint" }>): string {
  return `${numberOf(place)} ${place.member}`;
}
