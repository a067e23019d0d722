import type { RecordFlag, StreamName } from "../core/log-record.js";
import { createDemuxer, type Demuxer, type Frame } from "./demux.js";
import { Entry, joinedEntry, type Source } from "./entry.js";
import { continues } from "./formats/traces.js";
import { Leaps } from "./leaps.js";
import { LineJoiner, maxLineBytes, toPieces, wholeMessage, type Line, type Piece } from "./lines.js";
import { Progress, type Reached, type Skip } from "./progress.js";
import { Repeats } from "./repeats.js";

/** A place between two entries of a log, from which another process can go on reading. Plain data: survives JSON. */
export interface Place {
  /** Of the entry before it. */
  readonly seq: number;
  readonly ts: string;
  readonly reached: Reached;
}

/** For whoever goes on reading in another process: where that is, and every place that could be one. */
export interface Bookmark {
  /** Undefined: nothing was read before. */
  readonly from: Place | undefined;
  /**
   * Told before the entry that ends there is given out, and again where a line goes on with that entry. Not told while a line of the other
   * stream is half read: going on from there would lose its beginning.
   */
  passed(place: Place): void;
}

/** Where a log comes from, and what of it counts. */
export interface Origin extends Source {
  readonly tty: boolean;
  /** False where stderr is no log: the agent answers requests there. */
  readonly stderr: boolean;
  /** The engine is asked for what is stamped then or later, and what a stamp that steps back lets in is left out; undefined: for everything. */
  readonly since: string | undefined;
  /** It is read in one go; what it takes to go on after a break is left out. */
  readonly once: boolean;
  /** The engine forgets so soon what was said that nobody knows whether the first it tells is the first that was said. */
  readonly isShort?: boolean;
  /** How large a file of the log grows before the engine begins another one; undefined: there is only one. */
  readonly logFileBytes?: number | undefined;
  /** With it, `since` is of no account. */
  readonly bookmark?: Bookmark | undefined;
}

/** What it takes to read a log again from where reading broke off. */
interface Resumption {
  readonly progress: Progress;
  readonly repeats: Repeats;
  skip: Skip;
  /** Undefined where the engine leaves nothing out: it does not follow, or there is only one file. */
  leaps: Leaps | undefined;
}

/**
 * One container's log, from the engine's bytes to entries. Can be read in several goes: {@link attach} says from where, and what
 * was seen before is left out, so that over all goes every line is one entry, numbered from 1 without a hole.
 */
export class NodeLog {
  readonly #origin: Origin;
  readonly #resumption: Resumption | undefined;
  readonly #joiner = new LineJoiner();
  #demuxer: Demuxer;
  #seq = 0;
  #lastTs = "";
  /** Something may be missing before the next entry that is shown. */
  #gap: boolean;
  #isInDoubt = false;
  /** The last entry, as long as the next line may go on with it. */
  #open: Entry | undefined;

  constructor(origin: Origin) {
    this.#origin = origin;
    this.#demuxer = createDemuxer(origin.tty);
    const from = origin.bookmark?.from;
    this.#gap = origin.isShort === true && from === undefined;
    this.#seq = from?.seq ?? 0;
    this.#lastTs = from?.ts ?? "";
    const progress = new Progress(origin.since, from?.reached);
    const once = origin.once && origin.bookmark === undefined;
    this.#resumption = once ? undefined : { progress, repeats: new Repeats(), skip: progress.resume().skip, leaps: undefined };
  }

  /** Begins a new go: returns the stamp from which the engine is to send, or undefined for everything. `follow`: it is to go on with what comes. */
  attach(follow = false): string | undefined {
    this.#isInDoubt = false;
    this.#demuxer = createDemuxer(this.#origin.tty);
    if (this.#resumption === undefined) return this.#origin.since;
    const { since, skip } = this.#resumption.progress.resume();
    this.#resumption.skip = skip;
    const { logFileBytes } = this.#origin;
    this.#resumption.leaps = follow && logFileBytes !== undefined ? new Leaps(logFileBytes) : undefined;
    return since;
  }

  /** It is read in one go, and nothing follows. */
  get isReadOnce(): boolean {
    return this.#resumption === undefined;
  }

  /** True where the engine, following, may have left something out: the rest of this go is ignored, and one that does not follow tells. */
  get isInDoubt(): boolean {
    return this.#isInDoubt;
  }

  /** `waitedMs`: how long the engine took to send it. */
  push(chunk: Uint8Array, waitedMs = 0): Entry[] {
    this.#resumption?.leaps?.waited(waitedMs);
    return this.#entries(this.#demuxer.push(chunk));
  }

  /** The engine ended the stream, as it does where the log ends; a broken connection is none of this. */
  detach(): Entry[] {
    return this.#entries(this.#demuxer.end());
  }

  /** The container has stopped, or its log is over: what its program left open is as it is. */
  stopped(): Entry[] {
    const entries: Entry[] = [];
    this.#stopped(entries);
    return entries;
  }

  #stopped(entries: Entry[]): void {
    for (const line of this.#joiner.end()) this.#line(line, entries);
    this.#mark();
    this.#settle(entries);
  }

  /** True while an entry is kept because the next line may go on with it, as those of a stack trace do. */
  get isOpen(): boolean {
    return this.#open !== undefined;
  }

  /** Nothing has come for a while: what was kept is whole. */
  settled(): Entry[] {
    const entries: Entry[] = [];
    this.#settle(entries);
    return entries;
  }

  #settle(entries: Entry[]): void {
    if (this.#open !== undefined) entries.push(this.#open);
    this.#open = undefined;
  }

  #entries(frames: readonly Frame[]): Entry[] {
    const entries: Entry[] = [];
    for (const frame of frames) {
      const whole = this.#joiner.isOpen(frame.stream) ? undefined : wholeMessage(frame);
      if (whole === undefined) {
        for (const piece of toPieces(frame)) this.#piece(piece, entries);
      } else if (this.#isNew(frame.stream, whole.stamp, whole.text, entries)) {
        this.#resumption?.progress.note(whole.stamp, this.#joiner.oldestOpen());
        if (this.#isLog(frame.stream)) this.#add(frame.stream, whole.stamp, whole.text, noFlags, entries);
        this.#mark();
      }
    }
    return entries;
  }

  #piece(piece: Piece, entries: Entry[]): void {
    const { stream, stamp } = piece;
    const isLine = piece.ended && !this.#joiner.isOpen(stream);
    if (!this.#isNew(stream, stamp, isLine ? piece.bytes.toString() : undefined, entries)) return;
    const line = this.#isLog(stream) ? this.#joiner.push(piece) : undefined;
    this.#resumption?.progress.note(stamp, this.#joiner.oldestOpen());
    if (line !== undefined) this.#line(line, entries);
    this.#mark();
  }

  /** Tells where reading could go on after the entry that is open now, or the last one given out. */
  #mark(): void {
    const { bookmark } = this.#origin;
    if (bookmark === undefined || this.#resumption === undefined || this.#joiner.oldestOpen() !== undefined) return;
    bookmark.passed({ seq: this.#seq, ts: this.#lastTs, reached: this.#resumption.progress.reached() });
  }

  /** False for what has been read before. `text`: of a piece that is a whole line. */
  #isNew(stream: StreamName, stamp: string, text: string | undefined, entries: Entry[]): boolean {
    if (this.#resumption === undefined) return true;
    if (this.#isInDoubt) return false;
    const { repeats, skip, leaps } = this.#resumption;
    const verdict = skip.next(stamp);
    if (verdict === "known") {
      leaps?.known(stamp);
      return false;
    }
    this.#isInDoubt = leaps?.isBefore(stamp) === true;
    if (this.#isInDoubt) return false;
    if (verdict === "gap") {
      this.#stopped(entries);
      this.#gap = true;
    }
    return !repeats.has(stream, stamp, text);
  }

  #isLog(stream: StreamName): boolean {
    return stream === "stdout" || this.#origin.stderr;
  }

  #line({ stream, stamp, text, joined, truncated }: Line, entries: Entry[]): void {
    const flags: RecordFlag[] = [];
    if (joined) flags.push("joined");
    if (truncated) flags.push("truncated");
    this.#add(stream, stamp, text, flags, entries);
  }

  #add(stream: StreamName, stamp: string, text: string, ofLine: readonly RecordFlag[], entries: Entry[]): void {
    const { since } = this.#origin;
    // a stream is never reordered in itself: a stamp that steps back is moved forward
    const isClamped = stamp < this.#lastTs;
    const ts = isClamped ? this.#lastTs : stamp;
    this.#lastTs = ts;
    if (since !== undefined && ts < since) return;
    const open = this.#open;
    if (open?.stream === stream && open.text.length < maxLineBytes && continues(open.text, text)) {
      this.#open = joinedEntry(open, text);
      return;
    }
    if (open !== undefined) entries.push(open);
    this.#seq += 1;
    const flags = this.#gap || isClamped ? this.#flagged(ofLine, isClamped) : ofLine;
    this.#gap = false;
    this.#open = new Entry(this.#origin, stream, ts, text, this.#seq, flags);
  }

  #flagged(ofLine: readonly RecordFlag[], isClamped: boolean): readonly RecordFlag[] {
    return [...ofLine, ...(this.#gap ? (["gap"] as const) : []), ...(isClamped ? (["clamped"] as const) : [])];
  }
}

const noFlags: readonly RecordFlag[] = [];
