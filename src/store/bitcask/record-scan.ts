import { readHead, readRecord, recordHeadBytes, type LogRecord, type Seal } from "./record-format.js";

/** A file that is read at any place. */
export interface FileBytes {
  readonly length: number;
  /** Fewer than `length` bytes only where the file ends. They are the caller's. */
  read(offset: number, length: number): Buffer;
}

export type Scanned =
  | { readonly type: "record"; readonly offset: number; readonly length: number; readonly record: LogRecord }
  /** Nothing whole begins from `offset` on before `end`, where the next record is, or the end of what was written. */
  | { readonly type: "damage"; readonly offset: number; readonly end: number }
  /** Some more bytes have been looked through. Comes between, so that whoever scans can rest. */
  | { readonly type: "searching" };

const windowBytes = 2 ** 18;
const restEachBytes = 2 ** 12;

/**
 * All records of a file, in order. Damage hides no record that follows it: where a head is whole it says where the next one is, and otherwise
 * each byte is tried. Zeros behind the last record are room for more, and no damage.
 */
export function* scanRecords(file: FileBytes, seal: Seal): Generator<Scanned, void, undefined> {
  const view = windowOf(file);
  const written = endOfWritten(file);
  let damagedAt: number | undefined;
  let at = 0;
  while (at < written) {
    const head = readHead(view(at, recordHeadBytes), seal);
    const record = head === undefined ? undefined : readRecord(view(at, head.length), head, seal);
    if (head !== undefined && record !== undefined) {
      if (damagedAt !== undefined) yield { type: "damage", offset: damagedAt, end: at };
      damagedAt = undefined;
      yield { type: "record", offset: at, length: head.length, record };
      at += head.length;
      continue;
    }
    damagedAt ??= at;
    at += head !== undefined && at + head.length <= file.length ? head.length : 1;
    if ((at - damagedAt) % restEachBytes === 0) yield { type: "searching" };
  }
  if (damagedAt !== undefined) yield { type: "damage", offset: damagedAt, end: Math.max(at, written) };
}

/** Where the zeros at the file's end begin, of which the first few may belong to its last record. */
function endOfWritten(file: FileBytes): number {
  for (let end = file.length; end > 0;) {
    const start = Math.max(0, end - windowBytes);
    const bytes = file.read(start, end - start);
    for (let at = bytes.length; at > 0; at--) if (bytes[at - 1] !== 0) return start + at;
    end = start;
  }
  return 0;
}

/** Reads far ahead of what is asked for, so that what follows needs no reading. */
function windowOf(file: FileBytes): (at: number, length: number) => Buffer {
  let start = 0;
  let bytes: Buffer = Buffer.alloc(0);
  return (at, length) => {
    const end = Math.min(at + length, file.length);
    if (at < start || end > start + bytes.length) {
      bytes = file.read(at, Math.max(end - at, Math.min(windowBytes, file.length - at)));
      start = at;
    }
    return bytes.subarray(at - start, end - start);
  };
}
