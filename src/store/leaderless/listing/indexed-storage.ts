import { segmentCount } from "../merkle/hash-tree.js";
import type { HashTree } from "../merkle/hash-tree.js";
import { placeName, type Place, type Storage } from "../storage.js";
import { PlaceIndex } from "./place-index.js";

interface Built {
  readonly place: Place;
  readonly index: PlaceIndex;
  /** The segment that is read next; all are once it is `segmentCount`. */
  segment: number;
  /** What is still to be read of the segment before. */
  keys: string[];
  askedAtMs: number;
}

/** Objects that are read in one go: a millisecond or two. */
const objectsAtOnce = 200;
/** Segments that are looked into in one go, where there are few objects. */
const segmentsAtOnce = 128;
/** An index that nobody asked for so long is forgotten. */
const idleMs = 600_000;

/** The node's disk, with the indexes of places that are asked for: whoever writes keeps them up, however it came to write. */
export class IndexedStorage implements Storage {
  readonly #storage: Storage;
  readonly #nowMs: () => number;
  readonly #built = new Map<string, Built>();

  constructor(storage: Storage, nowMs: () => number) {
    this.#storage = storage;
    this.#nowMs = nowMs;
  }

  get(place: Place, key: string): Uint8Array | undefined {
    return this.#storage.get(place, key);
  }

  hash(place: Place, key: string): number | undefined {
    return this.#storage.hash(place, key);
  }

  put(place: Place, key: string, bytes: Uint8Array): number {
    if (this.#built.size > 0) this.#built.get(placeName(place))?.index.set(key, bytes);
    return this.#storage.put(place, key, bytes);
  }

  remove(place: Place, key: string): number {
    if (this.#built.size > 0) this.#built.get(placeName(place))?.index.set(key, undefined);
    return this.#storage.remove(place, key);
  }

  places(): readonly Place[] {
    return this.#storage.places();
  }

  count(place: Place): number {
    return this.#storage.count(place);
  }

  tree(place: Place): HashTree {
    return this.#storage.tree(place);
  }

  entries(place: Place, segment: number): Iterable<readonly [key: string, objectHash: number]> {
    return this.#storage.entries(place, segment);
  }

  getMeta(name: string): Uint8Array | undefined {
    return this.#storage.getMeta(name);
  }

  putMeta(name: string, bytes: Uint8Array): number {
    return this.#storage.putMeta(name, bytes);
  }

  /** Undefined until {@link build} has read all of the place. */
  index(place: Place): PlaceIndex | undefined {
    const built = this.#builtOf(place);
    built.askedAtMs = this.#nowMs();
    return isWhole(built) ? built.index : undefined;
  }

  /** Reads some of a place whose index is not whole yet. */
  build(place: Place): void {
    const built = this.#builtOf(place);
    let segments = 0;
    for (let objects = 0; objects < objectsAtOnce && segments < segmentsAtOnce && !isWhole(built);) {
      const key = built.keys.pop();
      if (key === undefined) {
        built.keys = Array.from(this.#storage.entries(place, built.segment++), ([each]) => each);
        segments++;
      } else {
        built.index.set(key, this.#storage.get(place, key));
        objects++;
      }
    }
  }

  /** Time has passed. */
  tick(): void {
    const before = this.#nowMs() - idleMs;
    for (const [name, { askedAtMs }] of this.#built) if (askedAtMs < before) this.#built.delete(name);
  }

  #builtOf(place: Place): Built {
    const name = placeName(place);
    const known = this.#built.get(name);
    if (known !== undefined) return known;
    const segment = this.#storage.count(place) === 0 ? segmentCount : 0;
    const built = { place, index: new PlaceIndex(), segment, keys: [], askedAtMs: this.#nowMs() };
    this.#built.set(name, built);
    return built;
  }
}

function isWhole({ segment, keys }: Built): boolean {
  return segment >= segmentCount && keys.length === 0;
}
