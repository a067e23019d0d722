import { Bell } from "../logs/bell.js";
import type { Entry } from "../logs/entry.js";

export interface BatchLimits {
  readonly entries: number;
  /** Of their texts; a batch is never empty, whatever its first entry's length. */
  readonly chars: number;
  /** How long the first entry of a batch waits for others. */
  readonly waitMs: number;
}

/**
 * Cuts a stream into batches. The next one is collected while the last is on its way, and no more than that: who adds waits, and who waits
 * does not read. The engine keeps what is not read.
 */
export class Batcher {
  readonly #limits: BatchLimits;
  #held: Entry[] = [];
  #chars = 0;
  #sinceMs = 0;
  #isOver = false;
  readonly #changed = new Bell();
  readonly #room = new Bell();

  constructor(limits: BatchLimits) {
    this.#limits = limits;
  }

  /** Resolves when there is room for more. */
  async add(entries: readonly Entry[]): Promise<void> {
    if (this.#held.length === 0) this.#sinceMs = performance.now();
    for (const entry of entries) {
      this.#held.push(entry);
      this.#chars += entry.text.length;
    }
    this.#changed.ring();
    while (this.#isFull && !this.#isOver) await this.#room.next();
  }

  /** Nothing more is added. */
  end(): void {
    this.#isOver = true;
    this.#changed.ring();
    this.#room.ring();
  }

  /** The next batch; undefined after the last. */
  async next(): Promise<readonly Entry[] | undefined> {
    while (this.#held.length === 0 && !this.#isOver) await this.#changed.next();
    for (;;) {
      const leftMs = this.#sinceMs + this.#limits.waitMs - performance.now();
      if (this.#isFull || this.#isOver || leftMs <= 0) break;
      await this.#changed.next(leftMs);
    }
    return this.#held.length === 0 ? undefined : this.#take();
  }

  get #isFull(): boolean {
    return this.#held.length >= this.#limits.entries || this.#chars >= this.#limits.chars;
  }

  #take(): readonly Entry[] {
    let count = 0;
    let chars = 0;
    for (const { text } of this.#held) {
      if (count > 0 && (count === this.#limits.entries || chars + text.length > this.#limits.chars)) break;
      count += 1;
      chars += text.length;
    }
    const batch = this.#held.slice(0, count);
    this.#held = this.#held.slice(count);
    this.#chars -= chars;
    this.#sinceMs = performance.now();
    this.#room.ring();
    return batch;
  }
}
