import { recordBytes, writeRecord, type LogRecord, type Seal } from "./record-format.js";

/** Consecutive bytes of a file. */
interface Stretch {
  readonly file: number;
  readonly start: number;
  readonly end: number;
}

/** Bytes of a file from `start` on, of which those before `end` are there and change no more. */
interface Slab {
  readonly file: number;
  readonly start: number;
  end: number;
  readonly bytes: Buffer;
  readonly begunMs: number;
}

const slabBytes = 2 ** 17;
/** What files show is kept for so long, and in so much memory, at most. */
const recentMs = 1000;
const recentBytesMax = 2 ** 21;

/**
 * The end of the log in memory. Records are made here and are read here until their file shows them, and a moment longer: what is written is
 * often read again at once, by the next write of the same key. Not for long: what becomes of the disk is to be noticed.
 */
export class LogTail {
  /** In the order of the log; the last one is added to. */
  readonly #slabs: Slab[] = [];
  #bytes = 0;
  #shown: Omit<Stretch, "start"> = { file: 0, end: 0 };

  /** Makes the record at the end of `group`, which stays in one piece. Returns how many bytes it takes. */
  add(record: LogRecord, seal: Seal, group: Stretch, nowMs: number): number {
    const length = recordBytes(record);
    const end = group.end + length;
    let slab = this.#slabs.at(-1);
    if (slab?.file !== group.file || end > slab.start + slab.bytes.length || nowMs - slab.begunMs > recentMs) {
      slab = this.#begin(group, end, nowMs);
    }
    writeRecord(slab.bytes, group.end - slab.start, record, seal);
    slab.end = end;
    return length;
  }

  /** Of a group of which the file does not show all. */
  bytes({ file, start, end }: Stretch): Buffer {
    const slab = this.#slabs.findLast((each) => each.file === file && each.start <= start) as Slab;
    return slab.bytes.subarray(start - slab.start, end - slab.start);
  }

  /** Undefined where the file shows it and it is not of the last moment. Nothing that is added later changes these bytes. */
  read(file: number, offset: number, length: number, nowMs: number): Buffer | undefined {
    for (let at = this.#slabs.length - 1; at >= 0; at--) {
      const slab = this.#slabs[at] as Slab;
      if (file !== slab.file || offset < slab.start || offset + length > slab.end) continue;
      if (nowMs - slab.begunMs > recentMs && this.#shows(file, offset + length)) return undefined;
      return slab.bytes.subarray(offset - slab.start, offset - slab.start + length);
    }
    return undefined;
  }

  /** The log shows all before this. */
  shown(file: number, end: number): void {
    this.#shown = { file, end };
  }

  /** A slab that begins with what there is of the group, and has room up to `end` at least. */
  #begin({ file, start, end: groupEnd }: Stretch, end: number, nowMs: number): Slab {
    const bytes = Buffer.allocUnsafe(Math.max(slabBytes, 2 * (end - start)));
    if (groupEnd > start) this.bytes({ file, start, end: groupEnd }).copy(bytes);
    for (let oldest = this.#slabs[0]; oldest !== undefined && this.#shows(oldest.file, oldest.end); oldest = this.#slabs[0]) {
      if (nowMs - oldest.begunMs <= recentMs && this.#bytes + bytes.length <= recentBytesMax) break;
      this.#bytes -= oldest.bytes.length;
      this.#slabs.shift();
    }
    const slab: Slab = { file, start, end: groupEnd, bytes, begunMs: nowMs };
    this.#slabs.push(slab);
    this.#bytes += bytes.length;
    return slab;
  }

  #shows(file: number, end: number): boolean {
    return file < this.#shown.file || (file === this.#shown.file && end <= this.#shown.end);
  }
}
