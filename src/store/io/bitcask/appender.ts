import type { StoreSwitches } from "../../../core/store-switches.js";
import { LogTail } from "../../bitcask/log-tail.js";
import type { LogRecord, Seal } from "../../bitcask/record-format.js";
import type { RealTime } from "../../clock.js";
import type { LogFile } from "../log-file.js";
import { fileName } from "./file-names.js";
import type { FileReader, Folder } from "./folder.js";
import type { MetaLog } from "./meta-log.js";

export interface AppenderOptions {
  readonly folder: Folder;
  readonly meta: MetaLog;
  /** Number of the first file that it begins. */
  readonly firstFile: number;
  /** A file that is longer, or has more records, is closed and the next one begun. */
  readonly fileBytesMax: number;
  readonly fileRecordsMax: number;
  readonly sealOf: (file: number) => Seal;
  /** As the write-ahead log has it (wal.ts): before writes count as durable, each {@link batchMs}, or never. A file that is closed is synced. */
  readonly fsync: StoreSwitches["fsync"];
  readonly after: RealTime["after"];
  /** Monotonic clock, ms. */
  readonly nowMs: () => number;
  readonly onDurable: (writeNumber: number) => void;
  readonly onSync: (durationMs: number) => void;
  /** The file exists from now on and can be read. */
  readonly onBegun: (file: number, reader: FileReader) => void;
  /** Nothing more comes to the file; all of it is durable. */
  readonly onClosed: (file: number, bytes: number) => void;
  readonly onFatal: (error: unknown) => void;
}

/** From a write to its sync, at most, with `fsync: batch`. */
const batchMs = 100;

/** Records that go to one file together. */
interface WriteGroup {
  readonly file: number;
  /** Where in the file its first byte goes, and where the file will end. */
  readonly start: number;
  end: number;
  readonly begunMs: number;
  /** Of the last write in it; 0 = none has a number. */
  lastNumber: number;
  /** Metadata has changed with it. */
  holdsMeta: boolean;
  /** It must be durable before it counts as written, however the log is synced otherwise. */
  mustSync: boolean;
}

interface Waiter {
  readonly group: WriteGroup;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

interface OpenFile {
  readonly number: number;
  readonly log: LogFile;
  readonly reader: FileReader;
  /** Where what was written ends. */
  end: number;
  /** Where the last group begins that was written. */
  lastAt: number;
  /** What {@link lastAt} was at the last sync: all before it is durable, and followed by something durable. */
  settledEnd: number;
  unsynced: boolean;
}

/**
 * The end of the log. What is added while a sync runs goes together into the next write (group commit), and is read from memory until the
 * file shows it, which that of a disk in trouble does late, and a moment longer.
 */
export class Appender {
  readonly #options: AppenderOptions;
  readonly #tail = new LogTail();
  /** Not written yet, in the order of the log. */
  readonly #groups: WriteGroup[] = [];
  /** The last group, while records may be added to it. */
  #open: WriteGroup | undefined;
  #fileNumber: number;
  #fileEnd = 0;
  #fileRecords = 0;
  /** The file that is written to. */
  #file: OpenFile | undefined;
  #lastNumber = 0;
  #waiters: Waiter[] = [];
  #pumping: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;
  #callOffSync: (() => void) | undefined;
  #syncIsDue = false;

  constructor(options: AppenderOptions) {
    this.#options = options;
    this.#fileNumber = options.firstFile;
  }

  /** Number of the file that the next record goes to, unless that is full. */
  get fileNumber(): number {
    return this.#fileNumber;
  }

  /** Bytes of that file. */
  get fileBytes(): number {
    return this.#fileEnd;
  }

  /** Part of the file that is written to: durable, with others behind it. */
  get settledPart(): { readonly file: number; readonly end: number } | undefined {
    return this.#file === undefined ? undefined : { file: this.#file.number, end: this.#file.settledEnd };
  }

  /** Returns where the record will stand. It has no number: {@link numbered} gives one to all that were added before. */
  add(record: LogRecord): { readonly file: number; readonly offset: number; readonly length: number } {
    const { fileBytesMax, fileRecordsMax, sealOf } = this.#options;
    if (this.#fileEnd >= fileBytesMax || this.#fileRecords >= fileRecordsMax) {
      this.#open = undefined;
      this.#fileNumber++;
      this.#fileEnd = 0;
      this.#fileRecords = 0;
    }
    const group = this.#group();
    const offset = group.end;
    const length = this.#tail.add(record, sealOf(group.file), group, group.begunMs);
    this.#fileEnd = group.end = offset + length;
    this.#fileRecords++;
    return { file: group.file, offset, length };
  }

  /** The number of what was added last. */
  numbered(): number {
    return (this.#group().lastNumber = ++this.#lastNumber);
  }

  /** Metadata has changed: it becomes durable with what was added last. */
  metaChanged(): void {
    this.#group().holdsMeta = true;
  }

  /** The record there, where it was added lately or cannot be read from its file yet. */
  read(file: number, offset: number, length: number): Buffer | undefined {
    return this.#tail.read(file, offset, length, this.#options.nowMs());
  }

  /** Resolves once all that was added before is on the disk, whatever {@link AppenderOptions.fsync} says. Rejects where the disk refused. */
  settled(): Promise<void> {
    const group = this.#group();
    group.mustSync = true;
    return new Promise((resolve, reject) => this.#waiters.push({ group, resolve, reject }));
  }

  /** Resolves once all is written, synced if it is to be, and the file is closed. */
  async close(): Promise<void> {
    while (this.#pumping !== undefined) await this.#pumping;
    this.#callOffSync?.();
    this.#callOffSync = undefined;
    if (this.#failure === undefined) await this.#closeFile();
  }

  #group(): WriteGroup {
    this.#open ??= this.#begin();
    this.#pumping ??= this.#pump();
    return this.#open;
  }

  #begin(): WriteGroup {
    const [file, start, begunMs] = [this.#fileNumber, this.#fileEnd, this.#options.nowMs()];
    const group = { file, start, end: start, begunMs, lastNumber: 0, holdsMeta: false, mustSync: false };
    this.#groups.push(group);
    return group;
  }

  async #pump(): Promise<void> {
    try {
      // the caller's turn ends first: what else it adds joins this group
      await Promise.resolve();
      if (this.#failure !== undefined) throw this.#failure.error;
      while (this.#groups.length > 0 || this.#syncIsDue) {
        if (this.#syncIsDue) await this.#syncBatch();
        const group = this.#groups[0];
        if (group === undefined) continue;
        if (this.#open === group) this.#open = undefined;
        if (group.holdsMeta) await Promise.all([this.#options.meta.commit(), this.#write(group)]);
        else await this.#write(group);
        this.#committed(group);
      }
    } catch (error) {
      for (const { reject } of this.#waiters.splice(0)) reject(error);
      if (this.#failure === undefined) this.#options.onFatal(error);
      this.#failure ??= { error };
    } finally {
      this.#pumping = undefined;
    }
  }

  #committed(group: WriteGroup): void {
    const { fsync, onDurable } = this.#options;
    if (fsync === "batch" && this.#file?.unsynced === true) this.#syncLater();
    this.#groups.shift();
    this.#forgetWhatShows();
    if (group.lastNumber > 0) onDurable(group.lastNumber);
    if (this.#waiters.length === 0) return;
    const done = this.#waiters.filter((waiter) => waiter.group === group);
    this.#waiters = this.#waiters.filter((waiter) => waiter.group !== group);
    for (const { resolve } of done) resolve();
  }

  async #write(group: WriteGroup): Promise<void> {
    if (group.end > group.start) {
      const file = this.#file?.number === group.file ? this.#file : await this.#beginFile(group.file);
      file.log.append(this.#tail.bytes(group));
      file.lastAt = group.start;
      file.end = group.end;
      file.unsynced = true;
    }
    if (this.#options.fsync === "always" || group.mustSync) await this.#sync();
  }

  async #beginFile(number: number): Promise<OpenFile> {
    await this.#closeFile();
    const { folder, onBegun } = this.#options;
    const name = fileName("data", number);
    const log = folder.create(name);
    const reader = folder.open(name);
    const file: OpenFile = { number, log, reader, end: 0, lastAt: 0, settledEnd: 0, unsynced: false };
    this.#file = file;
    onBegun(number, reader);
    await folder.syncNames();
    return file;
  }

  async #closeFile(): Promise<void> {
    const file = this.#file;
    if (file === undefined) return;
    await this.#sync();
    file.log.close();
    this.#file = undefined;
    this.#options.onClosed(file.number, file.end);
  }

  async #sync(): Promise<void> {
    const file = this.#file;
    if (file === undefined || !file.unsynced) return;
    const { nowMs, onSync } = this.#options;
    const startedMs = nowMs();
    file.unsynced = false;
    const { lastAt } = file;
    await file.log.sync();
    file.settledEnd = lastAt;
    onSync(nowMs() - startedMs);
  }

  /** What was written is read from its file from now on, where that has it. */
  #forgetWhatShows(): void {
    if (this.#file?.log.showsAll === true) this.#tail.shown(this.#file.number, this.#file.end);
  }

  #syncLater(): void {
    this.#callOffSync ??= this.#options.after(batchMs, () => {
      this.#syncIsDue = true;
      // files change hands in there only
      this.#pumping ??= this.#pump();
    });
  }

  async #syncBatch(): Promise<void> {
    this.#syncIsDue = false;
    this.#callOffSync = undefined;
    await this.#sync();
    this.#forgetWhatShows();
  }
}
