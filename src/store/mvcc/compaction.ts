import type { KeyIndex } from "./key-index.js";
import type { Revision } from "./key-value.js";
import { weightOf } from "./key-value.js";
import type { RevisionLog } from "./revision-log.js";

/**
 * The physical half of compaction: gives memory back, some at a time, after old revisions ceased to be readable. Nothing that can be asked
 * depends on how far it is, so members need not keep step.
 *
 * Only keys that were written up to the compacted revision can have something to give back. Those were either written since the compaction
 * before this one began, and then they are in the log, or they were looked at then.
 */
export class Compaction {
  readonly #index: KeyIndex;
  readonly #log: RevisionLog;
  #revision: Revision = 0;
  /** Position in the log of the write whose key is looked at next. */
  #next = 0;
  #isDone = true;

  constructor(index: KeyIndex, log: RevisionLog) {
    this.#index = index;
    this.#log = log;
  }

  get isDone(): boolean {
    return this.#isDone;
  }

  /** Aims at `revision`, above the one before. What the one before has not removed yet, this one will. */
  begin(revision: Revision): void {
    this.#revision = revision;
    this.#next = this.#log.start;
    this.#isDone = false;
  }

  /**
   * Goes on while `hasTime` says so (asked now and then, not at each key). Returns the bytes that were given back, as counted by
   * {@link weightOf}.
   */
  slice(hasTime: () => boolean): number {
    let freed = 0;
    do {
      for (let steps = 0; steps < stepsBetweenLooks && !this.#isDone; steps++) freed += this.#step();
    } while (!this.#isDone && hasTime());
    // Watches may begin at the compacted revision itself, so what it wrote stays in the log.
    this.#log.dropBefore(Math.min(this.#next, this.#log.find(this.#revision)));
    return freed;
  }

  #step(): number {
    if (this.#next === this.#log.end || this.#log.at(this.#next).modRevision > this.#revision) {
      this.#isDone = true;
      return 0;
    }
    const { key } = this.#log.at(this.#next++);
    return this.#index.trim(key, this.#revision).reduce((sum, version) => sum + weightOf(version), 0);
  }
}

const stepsBetweenLooks = 64;
