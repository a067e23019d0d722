import type { Transfer } from "../ring/transfers.js";
import type { HomePlace, Place, Storage } from "../storage.js";
import { keysOf } from "./walk.js";

export interface PlacedKey {
  readonly place: HomePlace;
  readonly key: string;
}

/** Keys remembered as changed since they were sent; more than these, and everything is sent again. */
const changedMax = 10_000;

/**
 * One transfer that this node hands over. `walking`: all that was there at the beginning is sent, and what changes after that again. `closing`: all was
 * sent; a write counts as kept here only once it is there as well, so that the transfer is done with the last answer that is still to come.
 */
export class TransferRun {
  readonly transfer: Transfer;
  readonly total: number;
  readonly #storage: Storage;
  readonly #changed = new Map<string, PlacedKey>();
  #walk: Iterator<PlacedKey, void> | undefined;
  isClosing = false;
  /** Keys that the other side has, those that were sent twice counted twice. */
  moved = 0;
  /** Messages that are not answered. */
  underway = 0;
  /** The other side was not ready for it: not before this time. */
  resumeAtMs = 0;

  constructor(transfer: Transfer, storage: Storage) {
    this.transfer = transfer;
    this.#storage = storage;
    this.total = keysToMove(transfer, storage);
    this.#walk = this.#keys();
  }

  concerns(place: Place): place is HomePlace {
    return place.kind === "home" && place.partition === this.transfer.partition && this.transfer.nVals.includes(place.n);
  }

  /** What is to be sent next; undefined: all was sent. */
  next(): PlacedKey | undefined {
    const step = this.#walk?.next();
    if (step?.done === false) return step.value;
    this.#walk = undefined;
    for (const [name, placed] of this.#changed) {
      this.#changed.delete(name);
      return placed;
    }
    return undefined;
  }

  /** To be sent once more. */
  again(placed: PlacedKey): void {
    this.isClosing = false;
    this.#changed.set(`${placed.place.n}/${placed.key}`, placed);
    if (this.#changed.size <= changedMax) return;
    this.#changed.clear();
    this.#walk = this.#keys();
  }

  *#keys(): Generator<PlacedKey, void> {
    for (const place of placesOf(this.transfer)) for (const [key] of keysOf(this.#storage, place)) yield { place, key };
  }
}

/** How many there are at this moment. */
export function keysToMove(transfer: Transfer, storage: Storage): number {
  return placesOf(transfer).reduce((sum, place) => sum + storage.count(place), 0);
}

function placesOf({ partition, nVals }: Transfer): HomePlace[] {
  return nVals.map((n) => ({ kind: "home", partition, n }));
}
