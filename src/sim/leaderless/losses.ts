import type { CausalHistory } from "./causal-history.js";
import { mergeValues } from "../../store/leaderless/crdt/stored-value.js";
import { mergedByKey, valuesByKey } from "./copies.js";
import type { Copy, LeaderlessDisk } from "./disk.js";

/**
 * Which writes bad luck beyond any promise has taken: every disk that had one, or had what follows from it, is gone. It looks at the disks themselves, so nothing is
 * excused that one node still had to bring back.
 */
export class Losses {
  readonly #history: CausalHistory;
  readonly #disks: () => Iterable<LeaderlessDisk>;
  readonly #lost = new Set<string>();
  /** Keys of data types of which something was lost. */
  readonly #lostOf = new Set<string>();

  constructor(history: CausalHistory, disks: () => Iterable<LeaderlessDisk>) {
    this.#history = history;
    this.#disks = disks;
  }

  get count(): number {
    return this.#lost.size;
  }

  has(id: string): boolean {
    return this.#lost.has(id);
  }

  hasLostOf(key: string): boolean {
    return this.#lostOf.has(key);
  }

  /** Lets something happen to a disk, and looks at what that took. */
  watch(disk: LeaderlessDisk, happen: () => void): void {
    const before = valuesByKey(disk.durable());
    const mergedBefore = mergedByKey(disk.durable());
    happen();
    const mergedAfter = mergedByKey(this.#durable());
    for (const [key, value] of mergedBefore) {
      const left = mergedAfter.get(key);
      if (left === undefined || Buffer.compare(mergeValues(left, value), left) !== 0) this.#lostOf.add(key);
    }
    const after = valuesByKey(this.#durable());
    for (const [key, values] of before) {
      const wasThere = this.#history.accountedFor(key, values);
      const isThere = this.#history.accountedFor(key, after.get(key) ?? new Set());
      for (const write of this.#history.writes(key)) if (wasThere(write) && !isThere(write)) this.#lost.add(write.id);
    }
  }

  *#durable(): Iterable<Copy> {
    for (const disk of this.#disks()) yield* disk.durable();
  }
}
