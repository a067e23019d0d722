import type { ClusterState } from "../gossip/cluster-state.js";
import type { HomePlace, Place, Storage } from "../storage.js";
import { keysOf } from "./walk.js";

export interface RelocationOptions {
  readonly storage: Storage;
  readonly nowMs: () => number;
  /** Every N that a bucket of the cluster has now. */
  readonly nVals: () => readonly number[];
  /** How many owners a key has now; undefined: its bucket's type is not known here. */
  readonly nValOf: (key: string) => number | undefined;
  /** Whether the owners of the partition are being changed: its keys stay where they are until then. */
  readonly isChanging: (partition: number) => boolean;
  /** Merges the copy into the place that is the key's now, and gives this one up once that is on the disk. False: it is no object. */
  readonly move: (place: Place, key: string, object: Uint8Array) => boolean;
}

/** In one tick: keys that are looked at, copies that are moved, and bytes of these. */
const looksMax = 2000;
const movesMax = 200;
const movedBytesMax = 2 ** 20;
/** A request that began before a change may put a key where it stood until then, as long as it lasts. */
const againMs = 10_000;

/**
 * Brings copies from places of another N to those of the N that their buckets have now (`n_val`), so that all owners hold a key in the same place and compare it with
 * each other. It is this node's own affair: whoever holds a copy and is no owner by the new N has then a place that it does not own, and whose
 * copies it brings to the owners as any others. Until a key is moved, it is found where it is.
 */
export class Relocation {
  readonly #options: RelocationOptions;
  #walk: Generator<number, void> | undefined;
  #beginAtMs: number | undefined;
  /** Whether this walk has found anything, so that there may be more. */
  #hasFound = false;
  #known = "";

  constructor(options: RelocationOptions) {
    this.#options = options;
    this.#beginAtMs = options.nowMs();
  }

  /** Something of what gossip tells is new. */
  changed({ types, buckets }: ClusterState): void {
    const ofTypes = Object.entries(types).map(([name, { isActive, props }]) => [name, isActive, props["nVal"]]);
    const known = JSON.stringify([ofTypes, Object.entries(buckets).map(([name, { props }]) => [name, props?.["nVal"]])]);
    if (known === this.#known) return;
    this.#known = known;
    this.#walk = undefined;
    this.#beginAtMs = this.#options.nowMs();
  }

  /** Time has passed. */
  tick(): void {
    if (this.#walk === undefined && this.#beginAtMs !== undefined && this.#beginAtMs <= this.#options.nowMs()) this.#begin();
    let [moves, bytes] = [0, 0];
    for (let looks = 0; looks < looksMax && moves < movesMax && bytes < movedBytesMax && this.#walk !== undefined; looks++) {
      const { done, value } = this.#walk.next();
      if (done === true) return this.#end();
      if (value > 0) moves++;
      bytes += value;
    }
  }

  #begin(): void {
    this.#beginAtMs = undefined;
    this.#hasFound = false;
    this.#walk = this.#moveAll();
  }

  #end(): void {
    this.#walk = undefined;
    if (this.#hasFound) this.#beginAtMs = this.#options.nowMs() + againMs;
  }

  /** Gives the bytes that were moved for each key that was looked at. */
  *#moveAll(): Generator<number, void> {
    const { storage, nVals, nValOf, isChanging, move } = this.#options;
    const current = nVals();
    const isRight = (place: HomePlace): boolean => current.length === 1 && current[0] === place.n;
    const places = storage.places().flatMap((place) => (place.kind === "home" && !isRight(place) ? [place] : []));
    for (const place of places) {
      for (const [key] of keysOf(storage, place)) {
        if (isChanging(place.partition)) {
          this.#hasFound = true;
          break;
        }
        const nVal = nValOf(key);
        const object = nVal === undefined || nVal === place.n ? undefined : storage.get(place, key);
        if (object !== undefined && move(place, key, object)) this.#hasFound = true;
        yield object?.length ?? 0;
      }
    }
  }
}
