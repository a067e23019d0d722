import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, truncateSync, unlinkSync } from "node:fs";
import { unlink } from "node:fs/promises";
import { join } from "node:path";
import type { StoreSwitches } from "../../core/store-switches.js";
import type { RealTime } from "../clock.js";
import type { HardState, Persist, Recovered, Snapshot, SnapshotMeta } from "../raft/types.js";
import { readWhole } from "./disk-refused.js";
import type { CreateLogFile, LogFile } from "./log-file.js";
import { newestSnapshot, removeOldSnapshots, removeOtherSnapshots, StoredSnapshot, syncDir } from "./snapshot-file.js";
import { WalDamaged } from "./wal-damaged.js";
import { decodeSegment, encodeFrame, encodeSegmentHeader, endOfWritten, segmentHeaderBytes } from "./wal-format.js";
import type { WalRecord } from "./wal-format.js";
import { replay } from "./wal-replay.js";

export interface WalOptions {
  readonly dir: string;
  readonly createFile: CreateLogFile;
  /** A segment longer than this is closed and the next one begun. */
  readonly segmentBytesMax: number;
  /** Any number; makes a segment's checksums its own. */
  readonly newSalt: () => number;
  /**
   * When frames are synced: before they count as durable, each {@link batchMs}, or never. The last two are mistakes to make on purpose. The
   * head of a segment is synced in any case: without it the rest could not be read.
   */
  readonly fsync: StoreSwitches["fsync"];
  /** Calls `act` once after so long, by the machine's time; the function returned calls it off. */
  readonly after: RealTime["after"];
  /** Monotonic clock, ms. */
  readonly nowMs: () => number;
  /** All persists up to this number are durable, or taken to be (see `fsync`). */
  readonly onDurable: (persistNumber: number) => void;
  readonly onSnapshotSaved: (meta: SnapshotMeta, dataBytes: number) => void;
  /** Every sync's duration. */
  readonly onSync: (durationMs: number) => void;
  /** The disk refused; what it holds is unknown from here on, so the process must end. */
  readonly onFatal: (error: unknown) => void;
}

/** What the folder held when it was opened. */
export interface Found {
  /** Undefined: nothing was ever stored here. The state in the snapshot is still to be read, and may turn out to be damaged. */
  readonly recovered: (Recovered & { readonly snapshot: { readonly data: StoredSnapshot } }) | undefined;
  /** Set where the last write before a crash was cut off and has been removed. */
  readonly tornTail: { readonly file: string; readonly offset: number; readonly droppedBytes: number } | undefined;
}

interface Segment {
  readonly path: string;
  /** Largest index of an entry in it; 0 = none. */
  lastIndex: number;
  /** Where its last durable frame starts; 0 = it has none. */
  lastFrameAt: number;
}

/** Part of a file; `end` is the first byte that is not in it. */
export interface ByteRange {
  readonly path: string;
  readonly start: number;
  readonly end: number;
}

/** From a write to its sync, at most, with `fsync: batch`. */
const batchMs = 100;

const segmentName = /^wal-(\d{16})$/;

/**
 * The write-ahead log of one member. Persists handed in while a sync runs go together into the next frame: one write, one sync
 * (group commit). Files: `wal-<number>` segments and `snapshot-<index>-<term>`.
 */
export class Wal {
  readonly #options: WalOptions;
  readonly #queue: Persist[] = [];
  /** Oldest first; the last one is being written. */
  readonly #segments: Segment[] = [];
  #nextSegment = 1;
  #file: LogFile | undefined;
  #salt = 0;
  #segmentBytes = 0;
  // Repeated at the head of each segment, so that any one can go without its predecessors.
  #hardState: HardState = { term: 0, vote: 0, commit: 0 };
  #snapshot = { index: 0, term: 0 };
  #pumping: Promise<void> | undefined;
  /** With `fsync: batch`: where the last frame starts that is not synced yet, and the sync that it waits for. */
  #unsyncedFrameAt: number | undefined;
  #callOffSync: (() => void) | undefined;
  #syncIsDue = false;

  private constructor(options: WalOptions) {
    this.#options = options;
  }

  /**
   * Reads what the folder holds, removes a torn tail, and stands ready to append. Throws {@link WalDamaged} where the disk lost what
   * it had promised to keep.
   */
  static open(options: WalOptions): Found & { readonly wal: Wal } {
    const wal = new Wal(options);
    return { wal, ...wal.#recover() };
  }

  #recover(): Found {
    const { dir } = this.#options;
    mkdirSync(dir, { recursive: true });
    const names = readdirSync(dir)
      .filter((name) => segmentName.test(name))
      .sort();
    const records: WalRecord[] = [];
    let tornTail: Found["tornTail"];
    for (const [position, name] of names.entries()) {
      const path = join(dir, name);
      const bytes = readWhole(path);
      const contents = decodeSegment(bytes);
      if (contents.damage === "rot" || (contents.damage === "torn" && position < names.length - 1)) {
        throw new WalDamaged(path, contents.wholeBytes, "the write-ahead log is damaged before its end");
      }
      for (const record of contents.records) records.push(record);
      this.#nextSegment = Number(segmentName.exec(name)?.[1]) + 1;
      if (contents.damage === "torn") {
        tornTail = { file: path, offset: contents.wholeBytes, droppedBytes: endOfWritten(bytes) - contents.wholeBytes };
        cutFile(path, contents.wholeBytes);
        if (contents.wholeBytes === 0) continue;
      }
      this.#segments.push({ path, lastIndex: largestIndex(contents.records), lastFrameAt: contents.lastFrameAt });
    }
    const replayed = replay(records);
    if (typeof replayed === "string") throw new WalDamaged(join(dir, names.at(0) ?? ""), 0, replayed);
    if (replayed === undefined) {
      const later = newestSnapshot(dir);
      if (later > firstIndex)
        throw new WalDamaged(join(dir, names.at(0) ?? ""), 0, `the log is gone, but a snapshot of entry ${later} is there`);
      return { recovered: undefined, tornTail };
    }
    const { hardState, entries } = replayed;
    const data = StoredSnapshot.find(dir, replayed.snapshot);
    const snapshot = { meta: data.meta(), data };
    removeOtherSnapshots(dir, replayed.snapshot);
    this.#hardState = hardState;
    this.#snapshot = replayed.snapshot;
    return { recovered: { hardState, snapshot, entries }, tornTail };
  }

  /** The first thing a new member's disk holds: where its log starts from. As ever, the snapshot's file is there already. */
  async bootstrap({ snapshot, hardState, entries }: Recovered): Promise<void> {
    await this.#markSnapshot({ persistNumber: 0, hardState, snapshot, discardLog: true, entries }, snapshot);
  }

  /**
   * Counts this life of the member on the disk, for which each has a segment of its own. Resolves with the number, larger than that of any
   * life before, once it is durable.
   */
  async begin(): Promise<number> {
    if (this.#file === undefined) await this.#beginSegment([]);
    return this.#nextSegment - 1;
  }

  /** Queues `persist`; {@link WalOptions.onDurable} tells when it is safe. */
  append(persist: Persist): void {
    this.#queue.push(persist);
    this.#pumping ??= this.#pump();
  }

  /** Resolves once everything handed in is durable. */
  async idle(): Promise<void> {
    await this.#pumping;
  }

  /** As {@link idle}, and the file is closed. */
  async close(): Promise<void> {
    await this.idle();
    this.#callOffSync?.();
    if (this.#options.fsync === "batch") await this.#syncBatch();
    this.#file?.close();
    this.#file = undefined;
  }

  /** Durable records with others behind them: damage there is never taken for a write that a crash cut off. */
  settled(): readonly ByteRange[] {
    const ranges = this.#segments.map(({ path, lastFrameAt }) => ({ path, start: segmentHeaderBytes, end: lastFrameAt }));
    return ranges.filter(({ start, end }) => start < end);
  }

  async #pump(): Promise<void> {
    try {
      // The caller's turn ends first: what else it hands in joins this frame.
      await Promise.resolve();
      while (this.#queue.length > 0 || this.#syncIsDue) {
        if (this.#syncIsDue) await this.#syncBatch();
        if (this.#queue.length === 0) continue;
        const head = this.#queue[0] as Persist;
        let durable: number;
        if (head.snapshot !== undefined) {
          this.#queue.shift();
          await this.#markSnapshot(head, head.snapshot);
          durable = head.persistNumber;
        } else {
          durable = await this.#commitGroup();
        }
        this.#options.onDurable(durable);
      }
    } catch (error) {
      this.#options.onFatal(error);
    } finally {
      this.#pumping = undefined;
    }
  }

  /** Writes everything queued up to the next snapshot as one frame; returns the last persist's number. */
  async #commitGroup(): Promise<number> {
    const next = this.#queue.findIndex((persist) => persist.snapshot !== undefined);
    const group = this.#queue.splice(0, next < 0 ? this.#queue.length : next);
    const records: WalRecord[] = [];
    for (const persist of group) this.#collect(persist, records);
    if (this.#file === undefined || this.#segmentBytes > this.#options.segmentBytesMax) await this.#beginSegment([]);
    const frameAt = this.#appendFrame(records);
    if (this.#options.fsync === "always") await this.#sync(frameAt);
    else if (this.#options.fsync === "batch") this.#syncLater(frameAt);
    return group.at(-1)?.persistNumber ?? 0;
  }

  /** Writes the marker of a snapshot whose file is there; then what the snapshot stands for may go. */
  async #markSnapshot(persist: Persist, snapshot: Snapshot): Promise<void> {
    const { dir, onSnapshotSaved } = this.#options;
    const { index, term } = snapshot.meta;
    this.#snapshot = { index, term };
    const records: WalRecord[] = [{ type: "snapshot", index, term, discardLog: persist.discardLog }];
    this.#collect(persist, records);
    await this.#beginSegment(records);
    const isLast = (segment: Segment): boolean => segment === this.#segments.at(-1);
    for (let oldest = this.#segments[0]; oldest !== undefined && !isLast(oldest); oldest = this.#segments[0]) {
      if (oldest.lastIndex > index && !persist.discardLog) break;
      await unlink(oldest.path);
      this.#segments.shift();
    }
    await removeOldSnapshots(dir, snapshot.meta);
    onSnapshotSaved(snapshot.meta, snapshot.data.byteLength);
  }

  /** Adds the persist's records but its snapshot's to `records`. */
  #collect(persist: Persist, records: WalRecord[]): void {
    for (const entry of persist.entries) records.push({ type: "entry", entry });
    if (persist.hardState === undefined) return;
    this.#hardState = persist.hardState;
    records.push({ type: "hardState", hardState: persist.hardState });
  }

  /** Begins a segment with `records`, or with where the log stands; durable, name included, when it resolves. */
  async #beginSegment(records: readonly WalRecord[]): Promise<void> {
    if (this.#options.fsync === "batch") await this.#syncBatch();
    this.#file?.close();
    const path = join(this.#options.dir, `wal-${String(this.#nextSegment++).padStart(16, "0")}`);
    this.#salt = this.#options.newSalt() >>> 0;
    this.#file = this.#options.createFile(path);
    this.#segments.push({ path, lastIndex: 0, lastFrameAt: 0 });
    this.#segmentBytes = appendTo(this.#file, encodeSegmentHeader(this.#salt));
    const head: WalRecord[] = [
      { type: "hardState", hardState: this.#hardState },
      { type: "snapshot", ...this.#snapshot, discardLog: false },
    ];
    await this.#sync(this.#appendFrame(records.length > 0 ? [...records, head[0] as WalRecord] : head));
    await syncDir(this.#options.dir);
  }

  /** Returns where the frame starts. */
  #appendFrame(records: readonly WalRecord[]): number {
    const frameAt = this.#segmentBytes;
    this.#segmentBytes += appendTo(this.#file as LogFile, encodeFrame(records, this.#salt));
    const segment = this.#segments.at(-1) as Segment;
    segment.lastIndex = Math.max(segment.lastIndex, largestIndex(records));
    return frameAt;
  }

  /** `frameAt`: where the last frame starts. */
  async #sync(frameAt: number): Promise<void> {
    const { nowMs, onSync } = this.#options;
    const startedMs = nowMs();
    await (this.#file as LogFile).sync();
    (this.#segments.at(-1) as Segment).lastFrameAt = frameAt;
    onSync(nowMs() - startedMs);
  }

  #syncLater(frameAt: number): void {
    this.#unsyncedFrameAt = frameAt;
    this.#callOffSync ??= this.#options.after(batchMs, () => {
      this.#syncIsDue = true;
      // files change hands in there only
      this.#pumping ??= this.#pump();
    });
  }

  async #syncBatch(): Promise<void> {
    const frameAt = this.#unsyncedFrameAt;
    this.#unsyncedFrameAt = undefined;
    this.#syncIsDue = false;
    this.#callOffSync?.();
    this.#callOffSync = undefined;
    if (frameAt !== undefined) await this.#sync(frameAt);
  }
}

/** Bootstrap leaves a snapshot at this index or below; a later one means that there was a log. */
const firstIndex = 1;

function largestIndex(records: readonly WalRecord[]): number {
  let largest = 0;
  for (const record of records) if (record.type === "entry" && record.entry.index > largest) largest = record.entry.index;
  return largest;
}

function appendTo(file: LogFile, bytes: Buffer): number {
  file.append(bytes);
  return bytes.length;
}

/** Cuts a torn tail off; a file with nothing whole in it goes. */
function cutFile(path: string, length: number): void {
  if (length === 0) {
    unlinkSync(path);
    return;
  }
  truncateSync(path, length);
  const fd = openSync(path, "r");
  fsyncSync(fd);
  closeSync(fd);
}
