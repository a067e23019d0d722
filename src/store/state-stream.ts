import { readOldKeys } from "./entries/old-format.js";
import type { MvccState } from "./mvcc/mvcc-state.js";
import type { SnapshotWriter } from "./mvcc/mvcc-store.js";
import { SnapshotReader } from "./mvcc/snapshot.js";

/**
 * The replicated state as a stream of bytes, cut anywhere on its way: format u32 · length of the next part u32 · everything but the keys, as
 * JSON · the keys (mvcc/snapshot.ts). Older versions wrote no format, and the latest keys only.
 */
const formatOfHistories = 0xff00_0002;
const formatBytes = 4;
const lengthBytes = 4;

/** The state, as it was when this was made, chunk by chunk. To be released if it is not read to its end. */
export interface StateWriter {
  next(): Uint8Array | undefined;
  release(): void;
}

/** @param beside everything but the keys. */
export function writeStateStream(beside: object, keys: SnapshotWriter): StateWriter {
  const json = Buffer.from(JSON.stringify(beside));
  const head = Buffer.alloc(formatBytes + lengthBytes);
  head.writeUInt32LE(formatOfHistories, 0);
  head.writeUInt32LE(json.length, formatBytes);
  let first: Uint8Array | undefined = Buffer.concat([head, json]);
  return {
    next: () => {
      const chunk = first ?? keys.next();
      first = undefined;
      return chunk;
    },
    release: () => keys.release(),
  };
}

/** Takes such a stream in. Throws `SnapshotDamaged`. */
export class StateReader {
  readonly #keys = new SnapshotReader();
  #beside: unknown;
  /** Of the oldest format: its keys, which are read when they are all there. */
  #old: Buffer[] | undefined;
  /** What came before the JSON was whole; undefined once it is. */
  #head: Buffer | undefined = Buffer.alloc(0);

  push(chunk: Uint8Array): void {
    if (this.#head === undefined) this.#pushKeys(chunk);
    else this.#takeHead(Buffer.concat([this.#head, chunk]));
  }

  /** Once everything was pushed. `beside`: everything but the keys. */
  finish(): { readonly beside: unknown; readonly keys: MvccState } {
    return { beside: this.#beside, keys: this.#old === undefined ? this.#keys.finish() : readOldKeys(Buffer.concat(this.#old)) };
  }

  #takeHead(bytes: Buffer): void {
    this.#head = bytes;
    if (bytes.length < formatBytes + lengthBytes) return;
    // no JSON was ever as long as the format is large
    const isOld = bytes.readUInt32LE(0) !== formatOfHistories;
    const jsonAt = isOld ? lengthBytes : formatBytes + lengthBytes;
    const jsonEnd = jsonAt + bytes.readUInt32LE(jsonAt - lengthBytes);
    if (bytes.length < jsonEnd) return;
    this.#beside = JSON.parse(bytes.toString("utf8", jsonAt, jsonEnd));
    this.#head = undefined;
    if (isOld) this.#old = [];
    this.#pushKeys(bytes.subarray(jsonEnd));
  }

  #pushKeys(chunk: Uint8Array): void {
    if (this.#old === undefined) this.#keys.push(chunk);
    else this.#old.push(Buffer.from(chunk));
  }
}
