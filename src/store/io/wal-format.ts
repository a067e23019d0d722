import { crc32 } from "node:zlib";
import { unreachable } from "../../core/invariant.js";
import type { Entry, HardState } from "../raft/types.js";

/**
 * The bytes of the write-ahead log.
 *
 * segment = header, frame*        header = magic (8), salt, CRC-32 of both
 * frame   = length, CRC-32 of the payload, CRC-32 of these two, payload
 * payload = record*               one group commit: written at once, then synced
 *
 * Zeros behind the last frame are room for more, and no damage. A frame is written only after the one before it was synced, so a crash can
 * damage the last frame of the last segment and nothing else. Hence one rule tells a torn tail from rot: damage that a whole frame follows
 * is rot. Checksums start from the segment's salt, so that bytes of another log, stored as somebody's value, are never taken for a frame.
 * Integers are little-endian; indexes and terms are doubles (exact below 2^53).
 */
export type WalRecord =
  | { readonly type: "hardState"; readonly hardState: HardState }
  /** Appended; at or below the log's end it overwrites from there. */
  | { readonly type: "entry"; readonly entry: Entry }
  /** A snapshot up to `index` is in its own file, whole. `discardLog`: later entries go as well. */
  | { readonly type: "snapshot"; readonly index: number; readonly term: number; readonly discardLog: boolean };

export const segmentHeaderBytes = 16;
const frameHeaderBytes = 12;
const magic = Buffer.from("DVSWAL\0\x01", "latin1");

const recordType = { hardState: 1, entry: 2, snapshot: 3 } as const;
const hardStateBytes = 1 + 3 * 8;
const entryHeaderBytes = 1 + 8 + 8 + 1 + 4;
const snapshotBytes = 1 + 8 + 8 + 1;

export function encodeSegmentHeader(salt: number): Buffer {
  const out = Buffer.alloc(segmentHeaderBytes);
  magic.copy(out);
  out.writeUInt32LE(salt, 8);
  out.writeUInt32LE(crc32(out.subarray(0, 12)), 12);
  return out;
}

/** One frame that holds `records`, at least one. */
export function encodeFrame(records: readonly WalRecord[], salt: number): Buffer {
  let length = 0;
  for (const record of records) length += recordBytes(record);
  const out = Buffer.allocUnsafe(frameHeaderBytes + length);
  let at = frameHeaderBytes;
  for (const record of records) at = writeRecord(out, at, record);
  out.writeUInt32LE(length, 0);
  out.writeUInt32LE(crc32(out.subarray(frameHeaderBytes), salt), 4);
  out.writeUInt32LE(crc32(out.subarray(0, 8), salt), 8);
  return out;
}

function recordBytes(record: WalRecord): number {
  switch (record.type) {
    case "hardState":
      return hardStateBytes;
    case "entry":
      return entryHeaderBytes + record.entry.data.length;
    case "snapshot":
      return snapshotBytes;
    default:
      return unreachable(record);
  }
}

/** Writes `record` at `at`; returns where the next one goes. */
function writeRecord(out: Buffer, at: number, record: WalRecord): number {
  out[at] = recordType[record.type];
  switch (record.type) {
    case "hardState":
      out.writeDoubleLE(record.hardState.term, at + 1);
      out.writeDoubleLE(record.hardState.vote, at + 9);
      out.writeDoubleLE(record.hardState.commit, at + 17);
      return at + hardStateBytes;
    case "entry": {
      const { index, term, kind, data } = record.entry;
      out.writeDoubleLE(index, at + 1);
      out.writeDoubleLE(term, at + 9);
      out[at + 17] = kind === "conf" ? 1 : 0;
      out.writeUInt32LE(data.length, at + 18);
      out.set(data, at + entryHeaderBytes);
      return at + entryHeaderBytes + data.length;
    }
    case "snapshot":
      out.writeDoubleLE(record.index, at + 1);
      out.writeDoubleLE(record.term, at + 9);
      out[at + 17] = record.discardLog ? 1 : 0;
      return at + snapshotBytes;
    default:
      return unreachable(record);
  }
}

export interface SegmentContents {
  /** Records of all whole frames before the damage, in order. */
  readonly records: readonly WalRecord[];
  /** Where the first damaged byte may be: the end of the last whole frame. */
  readonly wholeBytes: number;
  /** Where the last whole frame starts; 0 = there is none. */
  readonly lastFrameAt: number;
  /** torn: what a crash during the last write leaves · rot: whole frames follow the damage, or the header is wrong. */
  readonly damage: "none" | "torn" | "rot";
}

/** Reads one segment, damaged or not. */
export function decodeSegment(bytes: Buffer): SegmentContents {
  const written = endOfWritten(bytes);
  const header = bytes.subarray(0, segmentHeaderBytes);
  const salt = header.length < segmentHeaderBytes ? undefined : header.readUInt32LE(8);
  if (salt === undefined || !header.equals(encodeSegmentHeader(salt))) {
    const damage = written < segmentHeaderBytes ? "torn" : "rot";
    return { records: [], wholeBytes: 0, lastFrameAt: 0, damage };
  }

  const records: WalRecord[] = [];
  let at = segmentHeaderBytes;
  let lastFrameAt = 0;
  while (at < written) {
    const end = frameEnd(bytes, at, salt);
    if (end === undefined) {
      return { records, wholeBytes: at, lastFrameAt, damage: frameFollows(bytes, at, written, salt) ? "rot" : "torn" };
    }
    readRecords(bytes.subarray(at + frameHeaderBytes, end), records);
    lastFrameAt = at;
    at = end;
  }
  return { records, wholeBytes: at, lastFrameAt, damage: "none" };
}

/** Where the zeros at a segment's end begin, of which the first few may belong to its last frame. */
export function endOfWritten(bytes: Buffer): number {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end--;
  return end;
}

/** Where the whole frame that starts at `at` ends; undefined where none does. */
function frameEnd(bytes: Buffer, at: number, salt: number): number | undefined {
  const payloadAt = at + frameHeaderBytes;
  if (payloadAt > bytes.length) return undefined;
  if (bytes.readUInt32LE(at + 8) !== crc32(bytes.subarray(at, at + 8), salt)) return undefined;
  const end = payloadAt + bytes.readUInt32LE(at);
  if (end > bytes.length) return undefined;
  return bytes.readUInt32LE(at + 4) === crc32(bytes.subarray(payloadAt, end), salt) ? end : undefined;
}

function frameFollows(bytes: Buffer, damagedAt: number, written: number, salt: number): boolean {
  for (let at = damagedAt + 1; at < written; at++) {
    if (frameEnd(bytes, at, salt) !== undefined) return true;
  }
  return false;
}

function readRecords(payload: Buffer, into: WalRecord[]): void {
  let at = 0;
  while (at < payload.length) {
    switch (payload[at]) {
      case recordType.hardState:
        into.push({
          type: "hardState",
          hardState: {
            term: payload.readDoubleLE(at + 1),
            vote: payload.readDoubleLE(at + 9),
            commit: payload.readDoubleLE(at + 17),
          },
        });
        at += hardStateBytes;
        break;
      case recordType.entry: {
        const dataAt = at + entryHeaderBytes;
        const end = dataAt + payload.readUInt32LE(at + 18);
        into.push({
          type: "entry",
          entry: {
            index: payload.readDoubleLE(at + 1),
            term: payload.readDoubleLE(at + 9),
            kind: payload[at + 17] === 1 ? "conf" : "normal",
            // copied, so that one long-lived value does not hold a whole segment in memory
            data: new Uint8Array(payload.subarray(dataAt, end)),
          },
        });
        at = end;
        break;
      }
      case recordType.snapshot:
        into.push({
          type: "snapshot",
          index: payload.readDoubleLE(at + 1),
          term: payload.readDoubleLE(at + 9),
          discardLog: payload[at + 17] === 1,
        });
        at += snapshotBytes;
        break;
      default:
        throw new RangeError(`a whole frame holds a record of unknown type ${payload[at]}; written by a newer version?`);
    }
  }
}
