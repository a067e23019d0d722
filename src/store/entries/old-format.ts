import type { Version } from "../mvcc/key-value.js";
import { noLease, noValue } from "../mvcc/key-value.js";
import { MvccState } from "../mvcc/mvcc-state.js";
import type { DeleteRangeOp, PutOp } from "../mvcc/requests.js";

/**
 * What the store wrote before it kept a history: volumes hold it still. It is only read.
 *
 * A command: opcode u8 (1 put, 2 deleteRange) · key length u32 · key · value or range end.
 * The keys in a snapshot: revision f64 · for each key, ascending: key length u32 · value length u32 · createRevision f64 · modRevision f64 ·
 * version f64 · key · value. All little-endian.
 */
const opcode = { put: 1, deleteRange: 2 } as const;
const commandHeaderBytes = 1 + 4;
const pairHeaderBytes = 4 + 4 + 3 * 8;

export function isOldCommand(bytes: Buffer): boolean {
  return bytes[0] === opcode.put || bytes[0] === opcode.deleteRange;
}

/** Of what {@link isOldCommand} holds for. */
export function decodeOldCommand(bytes: Buffer): PutOp | DeleteRangeOp {
  const keyEnd = commandHeaderBytes + bytes.readUInt32LE(1);
  const key = bytes.toString("latin1", commandHeaderBytes, keyEnd);
  return bytes[0] === opcode.put
    ? {
        type: "put",
        key,
        value: bytes.subarray(keyEnd),
        lease: noLease,
        prevKv: false,
        ignoreValue: false,
        ignoreLease: false,
      }
    : { type: "deleteRange", key, rangeEnd: bytes.toString("latin1", keyEnd), prevKv: false };
}

/** The keys of an old snapshot, with their revisions. What was before them nobody knows any more, as if it had been compacted. */
export function readOldKeys(bytes: Buffer): MvccState {
  const revision = bytes.readDoubleLE(0);
  const versions: Version[] = [];
  for (let at = 8; at < bytes.length;) {
    const keyEnd = at + pairHeaderBytes + bytes.readUInt32LE(at);
    const valueEnd = keyEnd + bytes.readUInt32LE(at + 4);
    versions.push({
      key: bytes.toString("latin1", at + pairHeaderBytes, keyEnd),
      value: keyEnd === valueEnd ? noValue : new Uint8Array(bytes.subarray(keyEnd, valueEnd)),
      createRevision: bytes.readDoubleLE(at + 8),
      modRevision: bytes.readDoubleLE(at + 16),
      version: bytes.readDoubleLE(at + 24),
      lease: noLease,
      sub: 0,
      deleted: false,
    });
    at = valueEnd;
  }
  return MvccState.of(revision, revision, versions);
}
