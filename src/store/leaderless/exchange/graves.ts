import { placeName, type HomePlace } from "../storage.js";

export interface GravesOptions {
  readonly nowMs: () => number;
  /** Whether what this node holds there is a deletion and nothing else. */
  readonly isDeleted: (place: HomePlace, key: string) => boolean;
  /** How many owners of the place have their turn before this node; undefined: it is no owner. */
  readonly turnOf: (place: HomePlace) => number | undefined;
  /** Whether deletions of the place may be forgotten now. */
  readonly mayForget: (place: HomePlace) => boolean;
  /** Asks all owners what they have of the key: where all have forgotten it or hold the same deletion, they forget it. */
  readonly look: (place: HomePlace, key: string) => void;
}

interface Grave {
  readonly place: HomePlace;
  readonly key: string;
  dueAtMs: number;
  looks: number;
}

/** Deletions that this node thinks of. Others are found again when all that is on the disk is read anew. */
const gravesMax = 2 ** 16;
const perTickMax = 64;
/** A deletion is left alone so long, as its client or the next read may see to its end. */
const firstMs = 1000;
/** An owner waits so long for each one before it. */
const turnMs = 10_000;
const retryMsMax = 600_000;
/** Where nothing may be forgotten it is tried again after this time, which is no failed attempt. */
const heldMs = 1000;

/** Deletions that wait to be forgotten in a store that nobody reads: a read that nobody asked for sees to the end of each. */
export class Graves {
  readonly #options: GravesOptions;
  /** In the order in which they are looked at. */
  readonly #graves = new Map<string, Grave>();

  constructor(options: GravesOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#graves.size;
  }

  /** This node holds a deletion. */
  notice(place: HomePlace, key: string): void {
    const name = `${placeName(place)}/${key}`;
    if (this.#graves.has(name) || this.#graves.size >= gravesMax) return;
    const turn = this.#options.turnOf(place);
    if (turn === undefined) return;
    this.#graves.set(name, { place, key, dueAtMs: this.#options.nowMs() + firstMs + turn * turnMs, looks: 0 });
  }

  /** Time has passed: some of them are looked at, as long as there is time. */
  tick(mayGoOn: () => boolean): void {
    const { nowMs, isDeleted, mayForget, look } = this.#options;
    for (let left = Math.min(perTickMax, this.#graves.size); left > 0 && mayGoOn(); left--) {
      const [name, grave] = this.#graves.entries().next().value as [string, Grave];
      this.#graves.delete(name);
      if (!isDeleted(grave.place, grave.key)) continue;
      this.#graves.set(name, grave);
      if (grave.dueAtMs > nowMs()) continue;
      if (!mayForget(grave.place)) {
        grave.dueAtMs = nowMs() + heldMs;
        continue;
      }
      grave.dueAtMs = nowMs() + Math.min(retryMsMax, turnMs * 2 ** ++grave.looks);
      look(grave.place, grave.key);
    }
  }
}
