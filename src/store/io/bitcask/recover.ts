import { readHints, HintWriter, type HintEntry } from "../../bitcask/hint-format.js";
import type { LogIndex } from "../../bitcask/log-index.js";
import { decodeSpan, type LogRecord, type Seal } from "../../bitcask/record-format.js";
import { scanRecords } from "../../bitcask/record-scan.js";
import { objectHash } from "../../leaderless/merkle/hash.js";
import type { Damage } from "./damage.js";
import { fileName, numbersOf } from "./file-names.js";
import type { FileReader, Folder } from "./folder.js";

export interface TornTail {
  readonly file: string;
  readonly offset: number;
  readonly droppedBytes: number;
}

/** What the folder held. */
export interface Recovered {
  /** Of all data files. */
  readonly readers: Map<number, FileReader>;
  /** Larger than that of any file there ever was, as far as can be seen. */
  readonly nextFile: number;
  /** Set where the last write before a crash was cut off and has been removed. */
  readonly tornTail: TornTail | undefined;
  readonly damages: readonly Damage[];
}

/** Reads all that there is into `index`: of closed files the hints, where these are whole, and of the others every record. */
export async function recover(folder: Folder, index: LogIndex, sealOf: (file: number) => Seal): Promise<Recovered> {
  const numbers = numbersOf("data", folder.names());
  const hints = new Set(numbersOf("hint", folder.names()));
  const readers = new Map<number, FileReader>();
  const damages: Damage[] = [];
  let tornTail: TornTail | undefined;
  for (const number of numbers) {
    const name = fileName("data", number);
    const seal = sealOf(number);
    const reader = folder.open(name);
    index.fileIs(number, reader.length);
    readers.set(number, reader);
    if (hints.delete(number) && readHintFile(folder, number, reader.length, seal, index)) continue;

    const { hints: found, damaged, wholeBytes } = readDataFile(reader, number, seal, index);
    const last = damaged.at(-1);
    const torn = number === numbers.at(-1) && last !== undefined && last.offset >= wholeBytes ? last : undefined;
    for (const each of damaged) {
      const { offset, end } = each;
      const place = { file: folder.path(name), offset };
      if (each === torn) tornTail = { ...place, droppedBytes: end - offset };
      else damages.push({ ...place, bytes: end - offset, copy: undefined, what: "the log is damaged" });
    }
    const bytes = torn?.offset ?? Math.max(wholeBytes, last?.end ?? 0);
    if (bytes < reader.length) folder.cut(name, bytes);
    if (bytes === 0) {
      reader.close();
      readers.delete(number);
      index.endFile(number);
      folder.remove(name);
      continue;
    }
    index.fileIs(number, bytes);
    await writeHintFile(folder, number, found.finish(bytes, seal));
  }
  // of data files that a merge has removed
  for (const orphan of hints) folder.remove(fileName("hint", orphan));
  return { readers, nextFile: (numbers.at(-1) ?? 0) + 1, tornTail, damages };
}

/** Writes the hint file of a closed data file anew. */
export async function writeHintFile(folder: Folder, number: number, bytes: Buffer): Promise<void> {
  const file = folder.create(fileName("hint", number));
  file.append(bytes);
  await file.sync();
  file.close();
}

/** What the hint file says of a record. */
export function hintOf(offset: number, length: number, { kind, place, key, value }: LogRecord): HintEntry {
  if (kind === "removal") return { place, key, offset, length, kind: "removal", ...decodeSpan(value) };
  return { place, key, offset, length, kind: "put", objectHash: objectHash(value) };
}

function apply(index: LogIndex, file: number, entry: HintEntry): void {
  const { place, key, offset, length } = entry;
  if (entry.kind === "put") {
    index.put(place, key, { file, offset, length }, entry.objectHash);
  } else {
    index.remove(place, key);
    index.removalIn(file, length, entry);
  }
}

function readHintFile(folder: Folder, number: number, dataBytes: number, seal: Seal, index: LogIndex): boolean {
  const file = folder.open(fileName("hint", number));
  try {
    const entries = readHints(file.read(0, file.length), dataBytes, seal);
    for (const entry of entries ?? []) apply(index, number, entry);
    return entries !== undefined;
  } finally {
    file.close();
  }
}

function readDataFile(file: FileReader, number: number, seal: Seal, index: LogIndex) {
  const hints = new HintWriter();
  const damaged: { readonly offset: number; readonly end: number }[] = [];
  /** Where the last whole record ends. */
  let wholeBytes = 0;
  for (const scanned of scanRecords(file, seal)) {
    if (scanned.type === "damage") damaged.push(scanned);
    if (scanned.type !== "record") continue;
    const { offset, length, record } = scanned;
    const entry = hintOf(offset, length, record);
    apply(index, number, entry);
    hints.add(entry);
    wholeBytes = offset + length;
  }
  return { hints, damaged, wholeBytes };
}
