import { invariant } from "../core/invariant.js";
import type { Prng } from "../core/prng.js";
import type { Persist, Recovered } from "../store/raft/types.js";
import type { Timeline } from "./timeline.js";

interface Write {
  readonly persist: Persist;
  readonly onDurable: () => void;
}

/**
 * One member's disk. As in store/io/wal.ts, what comes in while a sync runs goes together into the next frame (group
 * commit). A crash loses what was not synced: what waits never was written, and the frame under way is either whole or
 * torn; a torn one is found by its checksum and cut off when the log is read.
 */
export class SimDisk {
  /** The range of one frame's write and sync, ms: the usual one, then those of slow times; the last one counts. */
  readonly #latenciesMs: (readonly [min: number, max: number])[];
  readonly #timeline: Timeline;
  readonly #prng: Prng;
  #durable: Recovered;
  #frame: readonly Write[] = [];
  #waiting: Write[] = [];
  #crashes = 0;

  constructor(timeline: Timeline, prng: Prng, latencyMs: readonly [min: number, max: number], content: Recovered) {
    this.#timeline = timeline;
    this.#prng = prng;
    this.#latenciesMs = [latencyMs];
    this.#durable = content;
  }

  /** Takes other times until the returned function is called. */
  slow(latencyMs: readonly [min: number, max: number]): () => void {
    this.#latenciesMs.push(latencyMs);
    return () => void this.#latenciesMs.splice(this.#latenciesMs.indexOf(latencyMs), 1);
  }

  write(persist: Persist, onDurable: () => void): void {
    this.#waiting.push({ persist, onDurable });
    if (this.#frame.length === 0) this.#beginFrame();
  }

  #beginFrame(): void {
    this.#frame = this.#waiting;
    this.#waiting = [];
    const [minMs, maxMs] = this.#latenciesMs.at(-1) as readonly [number, number];
    const crashes = this.#crashes;
    this.#timeline.after(minMs + this.#prng.next() * (maxMs - minMs), () => {
      if (crashes === this.#crashes) this.#endFrame();
    });
  }

  #endFrame(): void {
    const synced = this.#frame;
    this.#frame = [];
    this.#keep(synced);
    for (const { onDurable } of synced) onDurable();
    if (this.#waiting.length > 0) this.#beginFrame();
  }

  #keep(frame: readonly Write[]): void {
    for (const { persist } of frame) this.#durable = afterWrite(this.#durable, persist);
  }

  /** What became of the frame under way. */
  crash(): "idle" | "torn" | "whole" {
    const frame = this.#frame;
    this.#frame = [];
    this.#waiting = [];
    this.#crashes++;
    if (frame.length === 0) return "idle";
    if (this.#prng.chance(0.5)) return "torn";
    this.#keep(frame);
    return "whole";
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
