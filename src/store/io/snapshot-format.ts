import { crc32 } from "node:zlib";
import type { SnapshotMeta } from "../raft/types.js";
import { WalDamaged } from "./wal-damaged.js";

/**
 * A snapshot file: magic (8) · length of the meta data u32 · meta data (JSON) · frames. A frame: length u32 · CRC-32 u32 · bytes of the state,
 * little-endian. The checksum is over everything from the meta data to this frame's bytes, so that frames can be neither lost nor
 * exchanged; the last frame is empty. Zeros may follow.
 *
 * Format 1 was magic (8) · CRC-32 of all that follows u32 · length of the meta data u32 · meta data · state. It is only read.
 */
const magic = "DVSSNAP\x02";
const oldMagic = "DVSSNAP\x01";
const headBytes = magic.length + 4;
const oldHeadBytes = magic.length + 4 + 4;
const frameHeadBytes = 4 + 4;
/** Members and their addresses: a longer one is none. */
const metaBytesMax = 2 ** 20;

export const snapshotFrameBytesMax = 256 * 1024;

/** `crc`: what the first frame goes on from. */
export function encodeSnapshotHead(meta: SnapshotMeta): { readonly bytes: Buffer; readonly crc: number } {
  const json = Buffer.from(JSON.stringify(meta));
  const head = Buffer.alloc(headBytes);
  head.write(magic, "latin1");
  head.writeUInt32LE(json.length, magic.length);
  return { bytes: Buffer.concat([head, json]), crc: crc32(json) };
}

/** `crcBefore`: of the frame before. No bytes: the end. */
export function encodeSnapshotFrame(bytes: Uint8Array, crcBefore: number): { readonly bytes: Buffer; readonly crc: number } {
  const crc = crc32(bytes, crcBefore);
  const head = Buffer.alloc(frameHeadBytes);
  head.writeUInt32LE(bytes.length, 0);
  head.writeUInt32LE(crc, 4);
  return { bytes: Buffer.concat([head, bytes]), crc };
}

/** Reads a snapshot file, whichever its format, in pieces that are cut anywhere. Throws {@link WalDamaged} with the file and the offset. */
export class SnapshotFileParser {
  readonly #file: string;
  /** What came last and is not a whole part yet, and where in the file it starts. */
  #rest: Buffer = Buffer.alloc(0);
  #at = 0;
  #meta: SnapshotMeta | undefined;
  #crc = 0;
  /** Format 1 only: what the checksum has to be at the file's end. */
  #crcWanted: number | undefined;
  #isEnded = false;

  /** @param file what damage is said to be in. */
  constructor(file: string) {
    this.#file = file;
  }

  /** Once it was read. */
  get meta(): SnapshotMeta | undefined {
    return this.#meta;
  }

  /** The parts of the state that end in this piece; views of it where that is possible. */
  push(piece: Buffer): Uint8Array[] {
    this.#rest = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]);
    const state: Uint8Array[] = [];
    if (this.#meta === undefined && !this.#takeHead()) return state;
    if (this.#crcWanted !== undefined) {
      this.#crc = crc32(this.#rest, this.#crc);
      state.push(this.#take(this.#rest.length));
      return state;
    }
    for (let frame = this.#takeFrame(); frame !== undefined; frame = this.#takeFrame()) state.push(frame);
    if (this.#isEnded && this.#take(this.#rest.length).some((byte) => byte !== 0))
      throw this.#damaged("the snapshot goes on after its end");
    return state;
  }

  /** All was pushed: whether it was whole. */
  finish(): SnapshotMeta {
    if (this.#crcWanted !== undefined && this.#crc !== this.#crcWanted) {
      throw new WalDamaged(this.#file, magic.length, "the snapshot's checksum is wrong");
    }
    if (this.#meta === undefined || (this.#crcWanted === undefined && !this.#isEnded))
      throw this.#damaged("the snapshot is cut off");
    return this.#meta;
  }

  #takeHead(): boolean {
    const bytes = this.#rest;
    if (bytes.length < magic.length) return false;
    const found = bytes.toString("latin1", 0, magic.length);
    if (found !== magic && found !== oldMagic) throw this.#damaged("not a snapshot file");
    const metaAt = found === magic ? headBytes : oldHeadBytes;
    if (bytes.length < metaAt) return false;
    const metaBytes = bytes.readUInt32LE(metaAt - 4);
    if (metaBytes > metaBytesMax) throw new WalDamaged(this.#file, metaAt - 4, "the snapshot's head is damaged");
    if (bytes.length < metaAt + metaBytes) return false;
    const json = bytes.subarray(metaAt, metaAt + metaBytes);
    if (found === oldMagic) {
      this.#crcWanted = bytes.readUInt32LE(magic.length);
      this.#crc = crc32(bytes.subarray(magic.length + 4, metaAt + metaBytes));
    } else {
      this.#crc = crc32(json);
    }
    try {
      this.#meta = JSON.parse(json.toString()) as SnapshotMeta;
    } catch (cause) {
      throw new WalDamaged(this.#file, metaAt, "the snapshot's head is damaged", { cause });
    }
    this.#take(metaAt + metaBytes);
    return true;
  }

  /** Undefined: it is not all there, or was the last. */
  #takeFrame(): Uint8Array | undefined {
    const bytes = this.#rest;
    if (this.#isEnded || bytes.length < frameHeadBytes) return undefined;
    const length = bytes.readUInt32LE(0);
    if (length > snapshotFrameBytesMax) throw this.#damaged("the snapshot has a frame longer than any of ours");
    if (bytes.length < frameHeadBytes + length) return undefined;
    const state = bytes.subarray(frameHeadBytes, frameHeadBytes + length);
    const crc = crc32(state, this.#crc);
    if (crc !== bytes.readUInt32LE(4)) throw this.#damaged("the snapshot's checksum is wrong");
    this.#crc = crc;
    this.#isEnded = length === 0;
    this.#take(frameHeadBytes + length);
    return this.#isEnded ? undefined : state;
  }

  #take(length: number): Buffer {
    const taken = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    this.#at += length;
    return taken;
  }

  #damaged(what: string): WalDamaged {
    return new WalDamaged(this.#file, this.#at, what);
  }
}
