import type { StoreSwitches } from "../../../core/store-switches.js";
import { HintWriter } from "../../bitcask/hint-format.js";
import type { Location } from "../../bitcask/key-slots.js";
import { LogIndex } from "../../bitcask/log-index.js";
import { planMerge } from "../../bitcask/merge-plan.js";
import { valueOf, type LogRecord, type Seal } from "../../bitcask/record-format.js";
import { scanRecords } from "../../bitcask/record-scan.js";
import type { RealTime } from "../../clock.js";
import { messageOf } from "../../../core/errors.js";
import type { HashTree } from "../../leaderless/merkle/hash-tree.js";
import type { Place, Storage } from "../../leaderless/storage.js";
import type { inSlices } from "../../slices.js";
import type { ByteRange } from "../wal.js";
import { Appender } from "./appender.js";
import type { Damage } from "./damage.js";
import { fileName } from "./file-names.js";
import type { FileReader, Folder } from "./folder.js";
import { LogWriter } from "./log-writer.js";
import { mergeFile } from "./merge.js";
import { MetaLog } from "./meta-log.js";
import { hintOf, recover, writeHintFile, type Recovered } from "./recover.js";
import { sealOf } from "./seals.js";
import { recordOf } from "./record-of.js";

export interface BitcaskOptions {
  /** Holds the store's files and no others. */
  readonly folder: Folder;
  /** So many bytes that nobody can foresee. */
  readonly randomBytes: (count: number) => Uint8Array;
  readonly fileBytesMax: number;
  /** A hint file holds so many entries at most. */
  readonly fileRecordsMax: number;
  /** Files of which so large a part is needed by nobody are merged (0..1). */
  readonly deadRatioMin: number;
  readonly fsync: StoreSwitches["fsync"];
  readonly inSlices: typeof inSlices;
  readonly after: RealTime["after"];
  /** Monotonic clock, ms. */
  readonly nowMs: () => number;
  /** All writes up to this number are durable, or taken to be (see `fsync`). */
  readonly onDurable: (writeNumber: number) => void;
  /** Every sync's duration. */
  readonly onSync: (durationMs: number) => void;
  /** Something that was on the disk is not there any more. */
  readonly onDamage: (damage: Damage) => void;
  /** A file has been merged. */
  readonly onMerged: (file: string, bytes: number) => void;
  /** The disk refused; what it holds is unknown from here on, so the process must end. */
  readonly onFatal: (error: unknown) => void;
}

export type FoundInFolder = Pick<Recovered, "tornTail" | "damages">;

/** Until they are to be changed: sizes of files, and when they are merged. */
export const bitcaskDefaults = { fileBytesMax: 2 ** 26, fileRecordsMax: 2 ** 17, deadRatioMin: 0.5 };

const diskName = "disk";
const diskIdBytes = 8;

/**
 * The disk of a leaderless node, after Bitcask: a log of all writes, of which the newest of each key counts, and a directory of these in memory.
 * A write is one append, a read one look-up and one read. Files: `data-<number>` the log, `hint-<number>` what is in a closed one,
 * `meta-<number>` what the node remembers besides.
 */
export class Bitcask implements Storage {
  readonly #options: BitcaskOptions;
  readonly #index: LogIndex;
  readonly #meta: MetaLog;
  readonly #salt: number;
  readonly #readers: Map<number, FileReader>;
  readonly #appender: Appender;
  readonly #writer: LogWriter;
  /** Files that nothing more is added to. */
  readonly #closed: Set<number>;
  /** Work on closed files, one after the other. */
  #upkeep: Promise<void> = Promise.resolve();
  #ends = false;
  #failed = false;
  /** Eight bytes as text (latin1), made at random with the disk's first start: the same disk, the same id. */
  readonly diskId: string;

  private constructor(options: BitcaskOptions, meta: MetaLog, index: LogIndex, { readers, nextFile }: Recovered) {
    const { folder, fileBytesMax, fileRecordsMax, fsync, after, nowMs, onDurable, onSync } = options;
    this.#options = options;
    this.#index = index;
    this.#meta = meta;
    const disk = meta.get(diskName) as Uint8Array;
    this.#salt = saltOf(disk);
    this.diskId = Buffer.from(disk.subarray(0, diskIdBytes)).toString("latin1");
    this.#readers = readers;
    this.#closed = new Set(readers.keys());
    this.#appender = new Appender({
      folder,
      meta,
      firstFile: nextFile,
      fileBytesMax,
      fileRecordsMax,
      sealOf: (file) => this.#seal(file),
      fsync,
      after,
      nowMs,
      onDurable,
      onSync,
      onBegun: (file, reader) => void readers.set(file, reader),
      onClosed: (file, bytes) => this.#fileClosed(file, bytes),
      onFatal: (error) => this.#fail(error),
    });
    this.#writer = new LogWriter(index, this.#appender);
  }

  /** Reads what the folder holds. Throws `StoreDamaged` where the node must not go on with that. */
  static async open(options: BitcaskOptions): Promise<{ readonly store: Bitcask; readonly found: FoundInFolder }> {
    const { folder, randomBytes } = options;
    const meta = MetaLog.open(folder) ?? (await MetaLog.begin(folder, new Map([[diskName, randomBytes(diskIdBytes + 4)]])));
    const index = new LogIndex();
    const salt = saltOf(meta.get(diskName) as Uint8Array);
    const recovered = await recover(folder, index, (file) => sealOf(salt, file));
    const store = new Bitcask(options, meta, index, recovered);
    store.#afterwards(() => store.#mergeAll());
    return { store, found: recovered };
  }

  /** Of a copy that cannot be read this is told ({@link BitcaskOptions.onDamage}), and from then on it is not there. */
  get(place: Place, key: string): Uint8Array | undefined {
    const location = this.#index.directory.get(place, key);
    if (location === undefined) return undefined;
    const recent = this.#appender.read(location.file, location.offset, location.length);
    return recent === undefined ? this.#read(place, key, location) : valueOf(recent);
  }

  hash(place: Place, key: string): number | undefined {
    return this.#index.directory.hash(place, key);
  }

  put(place: Place, key: string, bytes: Uint8Array): number {
    this.#writer.put(place, key, bytes);
    return this.#appender.numbered();
  }

  remove(place: Place, key: string): number {
    this.#writer.remove(place, key);
    return this.#appender.numbered();
  }

  places(): readonly Place[] {
    return this.#index.directory.places();
  }

  count(place: Place): number {
    return this.#index.directory.count(place);
  }

  tree(place: Place): HashTree {
    return this.#index.directory.tree(place);
  }

  entries(place: Place, segment: number): Iterable<readonly [key: string, objectHash: number]> {
    return this.#index.directory.entries(place, segment);
  }

  getMeta(name: string): Uint8Array | undefined {
    return this.#meta.get(`node ${name}`);
  }

  putMeta(name: string, bytes: Uint8Array): number {
    this.#meta.set(`node ${name}`, bytes);
    this.#appender.metaChanged();
    return this.#appender.numbered();
  }

  /** Bytes of the log that are durable, with others behind them. */
  settled(): readonly ByteRange[] {
    const accounts = this.#index.accounts().filter(({ number, bytes }) => this.#closed.has(number) && bytes > 0);
    const ranges = accounts.map(({ number, bytes }) => ({ path: this.#path(number), start: 0, end: bytes }));
    const last = this.#appender.settledPart;
    return last === undefined || last.end === 0 ? ranges : [...ranges, { path: this.#path(last.file), start: 0, end: last.end }];
  }

  /** Bytes of all data files, and of the records in them that count. */
  usage(): { readonly bytes: number; readonly liveBytes: number } {
    const accounts = this.#index.accounts();
    const sum = (of: (account: (typeof accounts)[number]) => number): number => accounts.reduce((all, each) => all + of(each), 0);
    return { bytes: sum(({ bytes }) => bytes) + this.#appender.fileBytes, liveBytes: sum(({ liveBytes }) => liveBytes) };
  }

  /** Resolves once no file is being looked after. */
  async idle(): Promise<void> {
    for (let of: Promise<void> | undefined; of !== this.#upkeep;) await (of = this.#upkeep);
  }

  /** Everything is on the disk when it resolves, with a hint file for each data file. */
  async close(): Promise<void> {
    this.#ends = true;
    await this.idle();
    await this.#appender.close();
    await this.idle();
    this.#meta.close();
    for (const reader of this.#readers.values()) reader.close();
  }

  #read(place: Place, key: string, location: Location): Uint8Array | undefined {
    const { file, offset, length } = location;
    const record = this.#recordAt(place, key, location);
    if (typeof record !== "string") return record.value;
    // a removal goes to the log, so that the next start does not take the hint file's word for it
    this.#writer.remove(place, key);
    this.#options.onDamage({ file: this.#path(file), offset, bytes: length, copy: { place, key }, what: record });
    return undefined;
  }

  #recordAt(place: Place, key: string, { file, offset, length }: Location): LogRecord | string {
    try {
      const bytes = this.#readers.get(file)?.read(offset, length);
      return recordOf(bytes ?? Buffer.alloc(0), place, key, this.#seal(file));
    } catch (error) {
      return `a copy cannot be read: ${messageOf(error)}`;
    }
  }

  #fileClosed(file: number, bytes: number): void {
    this.#index.fileIs(file, bytes);
    this.#closed.add(file);
    this.#afterwards(() => this.#writeHints(file, bytes));
    this.#afterwards(() => this.#mergeAll());
  }

  /** Begins `work` once all that was begun before is done. */
  #afterwards(work: () => Promise<void>): void {
    this.#upkeep = this.#upkeep.then(work).catch((error: unknown) => this.#fail(error));
  }

  #fail(error: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#ends = true;
    this.#options.onFatal(error);
  }

  async #writeHints(number: number, bytes: number): Promise<void> {
    const reader = this.#readers.get(number);
    if (reader === undefined || this.#failed) return;
    const hints = new HintWriter();
    const records = scanRecords(reader, this.#seal(number));
    await this.#options.inSlices((hasTime) => {
      while (hasTime()) {
        const next = records.next();
        if (next.done === true) return true;
        if (next.value.type === "record") hints.add(hintOf(next.value.offset, next.value.length, next.value.record));
      }
      return undefined;
    });
    await writeHintFile(this.#options.folder, number, hints.finish(bytes, this.#seal(number)));
  }

  /** Merges files until none is worth it. */
  async #mergeAll(): Promise<void> {
    const { folder, inSlices: slices, onDamage, onMerged, deadRatioMin } = this.#options;
    const [index, appender, writer] = [this.#index, this.#appender, this.#writer];
    while (!this.#ends) {
      const closed = index.accounts().filter(({ number }) => this.#closed.has(number));
      const number = planMerge(closed, index.fileNumbers(), deadRatioMin);
      const reader = number === undefined ? undefined : this.#readers.get(number);
      if (number === undefined || reader === undefined) return;
      const ends = (): boolean => this.#ends;
      const merging = { folder, index, appender, writer, inSlices: slices, onDamage, ends };
      if (!(await mergeFile(number, reader, this.#seal(number), merging))) return;
      this.#closed.delete(number);
      this.#readers.delete(number);
      onMerged(this.#path(number), closed.find((account) => account.number === number)?.bytes ?? 0);
    }
  }

  #path(file: number): string {
    return this.#options.folder.path(fileName("data", file));
  }

  #seal(file: number): Seal {
    return sealOf(this.#salt, file);
  }
}

function saltOf(disk: Uint8Array): number {
  return Buffer.from(disk).readUInt32LE(diskIdBytes);
}
