import { invariant } from "../core/invariant.js";
import type { StoreSwitches } from "../core/store-switches.js";
import type { Prng } from "../core/prng.js";
import type { Persist, Recovered } from "../store/raft/types.js";
import type { Timeline } from "./timeline.js";

/** As in store/io/wal.ts. */
const batchMs = 100;

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
  readonly #fsync: StoreSwitches["fsync"];
  readonly #timeline: Timeline;
  readonly #prng: Prng;
  #durable: Recovered;
  #frame: readonly Write[] = [];
  #waiting: Write[] = [];
  #crashes = 0;
  /** Where syncs are late, or never come: what was called durable and is not. */
  #unsynced: Write[] = [];

  constructor(
    timeline: Timeline,
    prng: Prng,
    latencyMs: readonly [min: number, max: number],
    content: Recovered,
    fsync: StoreSwitches["fsync"] = "always",
  ) {
    this.#fsync = fsync;
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
    if (this.#fsync !== "always") return this.#writeOnly({ persist, onDurable });
    this.#waiting.push({ persist, onDurable });
    if (this.#frame.length === 0) this.#beginFrame();
  }

  #writeOnly(write: Write): void {
    const crashes = this.#crashes;
    const unlessCrashed = (act: () => void) => (): void => {
      if (crashes === this.#crashes) act();
    };
    const isFirst = this.#unsynced.push(write) === 1;
    // a snapshot takes the place of files, which store/io/wal.ts does not remove before it is there
    if (write.persist.snapshot !== undefined) this.#sync();
    else if (isFirst && this.#fsync === "batch")
      this.#timeline.after(
        batchMs,
        unlessCrashed(() => this.#sync()),
      );
    this.#timeline.after(0.1, unlessCrashed(write.onDurable));
  }

  #sync(): void {
    this.#keep(this.#unsynced);
    this.#unsynced = [];
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
    this.#unsynced = [];
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
