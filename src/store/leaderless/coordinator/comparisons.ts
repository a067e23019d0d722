import type { Compared } from "../messages.js";
import type { PlacedReplica, Surroundings } from "./surroundings.js";

/** Of one member, in one tick: what is too much is left to anti-entropy. */
const comparedMax = 1024;
/** Objects that are looked at in one tick, since a copy may differ only because it is being written. */
const looksMax = 10;

export interface ComparisonsOptions {
  readonly around: Pick<Surroundings, "copies" | "isAlone" | "send">;
  /** Reads the key from all replicas, for what follows of it. */
  readonly look: (key: string) => void;
}

/**
 * Tells replicas that a read did not ask what those have that it asked, a tick later and many at once: so read repair (Dynamo §5.2) finds those that
 * differ, and a read costs no more messages than its answer needs.
 */
export class Comparisons {
  readonly #options: ComparisonsOptions;
  #waiting = new Map<string, Compared[]>();
  #looksLeft = looksMax;

  constructor(options: ComparisonsOptions) {
    this.#options = options;
  }

  /** `objectHash`: of what the others have; undefined: they have nothing. */
  add(replicas: readonly PlacedReplica[], key: string, objectHash: number | undefined): void {
    for (const { member, place } of replicas) {
      const waiting = this.#waiting.get(member);
      if (waiting === undefined) this.#waiting.set(member, [{ place, key, objectHash }]);
      else if (waiting.length < comparedMax) waiting.push({ place, key, objectHash });
    }
  }

  /** What others have of objects that this node has as well. */
  received(entries: readonly Compared[]): void {
    const { copies, isAlone } = this.#options.around;
    for (const { place, key, objectHash } of entries) {
      if (this.#looksLeft === 0) return;
      if (!isAlone(place) || copies.hash(place, key) === objectHash) continue;
      this.#looksLeft--;
      this.#options.look(key);
    }
  }

  /** Time has passed. */
  tick(): void {
    this.#looksLeft = looksMax;
    if (this.#waiting.size === 0) return;
    const waiting = this.#waiting;
    this.#waiting = new Map();
    for (const [to, entries] of waiting) this.#options.around.send({ type: "compare", to, entries });
  }
}
