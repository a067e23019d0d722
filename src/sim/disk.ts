import { invariant } from "../core/invariant.js";
import type { Prng } from "../core/prng.js";
import type { Persist, Recovered } from "../store/raft/types.js";
import type { Timeline } from "./timeline.js";

/**
 * One member's disk. Writes become durable in order, some time later. A crash loses what was not: of the writes under way any
 * number from the front may have made it, and the one that was being written is torn. A torn write is gone as a whole,
 * since the write-ahead log keeps each in one frame with a checksum (store/io/wal-format.ts).
 */
export class SimDisk {
  readonly #timeline: Timeline;
  readonly #prng: Prng;
  /** Range of one write and sync, ms. */
  latencyMs: readonly [min: number, max: number];
  #durable: Recovered;
  #underWay: { readonly persist: Persist; readonly onDurable: () => void }[] = [];
  #busyUntilMs = 0;
  #crashes = 0;

  constructor(timeline: Timeline, prng: Prng, latencyMs: readonly [min: number, max: number], empty: Recovered) {
    this.#timeline = timeline;
    this.#prng = prng;
    this.latencyMs = latencyMs;
    this.#durable = empty;
  }

  write(persist: Persist, onDurable: () => void): void {
    const nowMs = this.#timeline.nowMs();
    const [minMs, maxMs] = this.latencyMs;
    this.#underWay.push({ persist, onDurable });
    this.#busyUntilMs = Math.max(this.#busyUntilMs, nowMs) + minMs + this.#prng.next() * (maxMs - minMs);
    const crashes = this.#crashes;
    this.#timeline.after(this.#busyUntilMs - nowMs, () => {
      if (crashes === this.#crashes) this.#complete();
    });
  }

  #complete(): void {
    const write = this.#underWay.shift();
    invariant(write !== undefined, "a write completes that was not under way");
    this.#durable = afterWrite(this.#durable, write.persist);
    write.onDurable();
  }

  /** How many of the writes under way survived. */
  crash(): number {
    const survivors = this.#prng.int(0, this.#underWay.length);
    for (const { persist } of this.#underWay.slice(0, survivors)) this.#durable = afterWrite(this.#durable, persist);
    this.#underWay = [];
    this.#crashes++;
    this.#busyUntilMs = 0;
    return survivors;
  }

  /** What a member that starts now finds. */
  recover(): Recovered {
    return this.#durable;
  }
}

function afterWrite(disk: Recovered, { hardState, entries, snapshot, discardLog }: Persist): Recovered {
  let log = disk.entries;
  if (snapshot !== undefined) log = discardLog ? [] : log.filter((entry) => entry.index > snapshot.meta.index);
  const first = entries[0];
  if (first !== undefined) log = [...log.filter((entry) => entry.index < first.index), ...entries];
  const base = (snapshot ?? disk.snapshot).meta.index;
  log.forEach((entry, i) => invariant(entry.index === base + 1 + i, `the log on disk has a hole before entry ${entry.index}`));
  return { hardState: hardState ?? disk.hardState, snapshot: snapshot ?? disk.snapshot, entries: log };
}
