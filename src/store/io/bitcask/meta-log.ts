import { decodeMeta, encodeMeta } from "../../bitcask/meta-format.js";
import { scanRecords } from "../../bitcask/record-scan.js";
import { recordBytes, writeRecord, type LogRecord } from "../../bitcask/record-format.js";
import type { Place } from "../../leaderless/storage.js";
import type { LogFile } from "../log-file.js";
import { StoreDamaged } from "./damage.js";
import { fileName, numbersOf } from "./file-names.js";
import type { Folder } from "./folder.js";
import { metaSeal } from "./seals.js";

const fileBytesMax = 2 ** 20;
const noPlace: Place = { kind: "home", partition: 0, n: 0 };

/**
 * The little that a node has to remember besides objects. Each commit writes all of it as one record, so the last whole record says it all, and
 * damage before that harms nothing. Files go once a newer one has a durable record. It is synced whatever becomes of the rest of the log: who
 * forgets which actors were his takes the writes of others for his own.
 */
export class MetaLog {
  readonly #folder: Folder;
  readonly #meta: Map<string, Uint8Array>;
  /** Files that the next one makes needless. */
  #older: readonly number[];
  #number: number;
  #file: LogFile | undefined;
  #fileBytes = 0;

  private constructor(folder: Folder, numbers: readonly number[], meta: Map<string, Uint8Array>) {
    this.#folder = folder;
    this.#meta = meta;
    this.#older = numbers;
    this.#number = numbers.at(-1) ?? 0;
  }

  /** Undefined where nothing was ever stored. Throws {@link StoreDamaged} where something was, and what the node remembered is gone. */
  static open(folder: Folder): MetaLog | undefined {
    const names = folder.names();
    const numbers = numbersOf("meta", names);
    for (const number of numbers.toReversed()) {
      const value = lastValue(folder, fileName("meta", number));
      if (value !== undefined) return new MetaLog(folder, numbers, decodeMeta(value));
    }
    if (numbersOf("data", names).length === 0) return undefined;
    throw new StoreDamaged(folder.path(fileName("meta", numbers.at(-1) ?? 1)), 0, "what the node has to know of itself is gone");
  }

  /** The first thing that a new disk holds; durable when it resolves. */
  static async begin(folder: Folder, meta: ReadonlyMap<string, Uint8Array>): Promise<MetaLog> {
    const log = new MetaLog(folder, numbersOf("meta", folder.names()), new Map(meta));
    await log.commit();
    return log;
  }

  get(name: string): Uint8Array | undefined {
    return this.#meta.get(name);
  }

  /** Seen at once; durable with the next {@link commit}. */
  set(name: string, bytes: Uint8Array): void {
    this.#meta.set(name, Uint8Array.from(bytes));
  }

  /** Resolves once everything that was set before is durable. One at a time. */
  async commit(): Promise<void> {
    const begins = this.#file === undefined || this.#fileBytes > fileBytesMax;
    if (begins) this.#begin();
    const record: LogRecord = { kind: "meta", place: noPlace, key: "", value: encodeMeta(this.#meta) };
    const length = recordBytes(record);
    // Twice, because damage to the last one would look like a write that a crash cut off, and what was before it would count again.
    const bytes = Buffer.allocUnsafe(2 * length);
    for (const at of [0, length]) writeRecord(bytes, at, record, metaSeal);
    const file = this.#file as LogFile;
    file.append(bytes);
    this.#fileBytes += bytes.length;
    await file.sync();
    if (!begins) return;
    await this.#folder.syncNames();
    for (const number of this.#older) this.#folder.remove(fileName("meta", number));
    this.#older = [this.#number];
  }

  close(): void {
    this.#file?.close();
    this.#file = undefined;
  }

  #begin(): void {
    this.#file?.close();
    this.#number++;
    this.#file = this.#folder.create(fileName("meta", this.#number));
    this.#fileBytes = 0;
  }
}

function lastValue(folder: Folder, name: string): Uint8Array | undefined {
  const file = folder.open(name);
  try {
    let value: Uint8Array | undefined;
    for (const scanned of scanRecords(file, metaSeal)) if (scanned.type === "record") ({ value } = scanned.record);
    return value;
  } finally {
    file.close();
  }
}
