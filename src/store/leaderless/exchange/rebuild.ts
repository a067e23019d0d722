import { segmentCount } from "../merkle/hash-tree.js";
import type { Place, Storage } from "../storage.js";

export interface RebuildOptions {
  readonly storage: Pick<Storage, "places" | "tree" | "entries" | "get" | "count">;
  readonly nowMs: () => number;
  /** All copies are read once in this time. */
  readonly intervalMs: number;
  /** A copy as it stands on the disk. */
  readonly onRead: (place: Place, key: string, object: Uint8Array) => void;
  /** A copy could not be read, and is gone. */
  readonly onLost: (place: Place) => void;
}

/** So many steps are one slice at most: copies that are read, or segments without any. */
const stepsMax = 64;

/**
 * Holds the trees against what they are of, time and again, as Riak builds its trees anew: one that is kept up with the writes knows what was
 * written, not what the disk has made of it since. All copies are read, in slices, at a pace that takes the whole interval.
 */
export class Rebuild {
  readonly #options: RebuildOptions;
  #beganMs: number;
  #walk: Generator<void, void, undefined>;
  #segments = 0;
  #segmentsDone = 0;
  #isDone = false;

  constructor(options: RebuildOptions) {
    this.#options = options;
    this.#beganMs = options.nowMs();
    this.#walk = this.#readAll(options.storage.places());
  }

  /** Time has passed: reads what is due of it. */
  tick(): void {
    const { storage, nowMs, intervalMs } = this.#options;
    const passed = (nowMs() - this.#beganMs) / intervalMs;
    if (this.#isDone && passed >= 1) {
      this.#beganMs = nowMs();
      this.#walk = this.#readAll(storage.places());
      this.#isDone = false;
    }
    for (let steps = 0; steps < stepsMax && !this.#isDone && this.#segmentsDone <= passed * this.#segments; steps++) {
      this.#isDone = this.#walk.next().done === true;
    }
  }

  *#readAll(places: readonly Place[]): Generator<void, void, undefined> {
    const { storage } = this.#options;
    this.#segments = places.length * segmentCount;
    this.#segmentsDone = 0;
    for (const place of places) {
      for (let segment = 0; segment < segmentCount; segment++, this.#segmentsDone++) {
        yield;
        if (storage.tree(place).segment(segment) === 0) continue;
        for (const key of Array.from(storage.entries(place, segment), ([each]) => each)) {
          this.#read(place, key);
          yield;
        }
      }
    }
  }

  #read(place: Place, key: string): void {
    const { storage, onRead, onLost } = this.#options;
    const [count, object] = [storage.count(place), storage.get(place, key)];
    if (object !== undefined) onRead(place, key, object);
    // the storage forgets what it cannot read; what was removed meanwhile it did not hold any more
    else if (storage.count(place) < count) onLost(place);
  }
}
