import type { Version } from "./key-value.js";
import { noLease, tombstone } from "./key-value.js";

/**
 * The canonical bytes of versions, which snapshots are made of and hashes are taken over. A record:
 *
 * kind u8 · key length u32 · value length u32 · sub u32 · modRevision f64 · createRevision f64 · version f64 · lease i64 · key · value
 *
 * little-endian; a tombstone ends after modRevision and its key. Doubles hold revisions exactly, as numbers do.
 */
export const recordKind = { put: 1, tombstone: 2 } as const;

const tombstoneHeaderBytes = 1 + 4 + 4 + 4 + 8;
const putHeaderBytes = tombstoneHeaderBytes + 8 + 8 + 8;

function recordBytes(version: Version): number {
  return (version.deleted ? tombstoneHeaderBytes : putHeaderBytes) + version.key.length + version.value.length;
}

/** Packs versions into chunks of at most `chunkBytes`, of whole records; one that is larger has a chunk for itself. */
export function* packed(versions: Iterable<Version>, chunkBytes: number): Generator<Uint8Array, void, undefined> {
  let chunk = Buffer.allocUnsafe(chunkBytes);
  let used = 0;
  for (const version of versions) {
    const bytes = recordBytes(version);
    if (used > 0 && used + bytes > chunkBytes) {
      yield chunk.subarray(0, used);
      chunk = Buffer.allocUnsafe(Math.max(chunkBytes, bytes));
      used = 0;
    } else if (bytes > chunk.length) chunk = Buffer.allocUnsafe(bytes);
    write(version, chunk, used);
    used += bytes;
  }
  if (used > 0) yield chunk.subarray(0, used);
}

function write(version: Version, out: Buffer, at: number): void {
  out[at] = version.deleted ? recordKind.tombstone : recordKind.put;
  out.writeUInt32LE(version.key.length, at + 1);
  out.writeUInt32LE(version.value.length, at + 5);
  out.writeUInt32LE(version.sub, at + 9);
  out.writeDoubleLE(version.modRevision, at + 13);
  let end = at + tombstoneHeaderBytes;
  if (!version.deleted) {
    out.writeDoubleLE(version.createRevision, at + 21);
    out.writeDoubleLE(version.version, at + 29);
    out.writeBigInt64LE(version.lease, at + 37);
    end = at + putHeaderBytes;
  }
  end += out.write(version.key, end, "latin1");
  out.set(version.value, end);
}

/** The record that starts at `at`, and where it ends; undefined if it is not all there yet. */
export function readRecord(bytes: Buffer, at: number): { readonly version: Version; readonly end: number } | undefined {
  const isTombstone = bytes[at] === recordKind.tombstone;
  const keyAt = at + (isTombstone ? tombstoneHeaderBytes : putHeaderBytes);
  if (keyAt > bytes.length) return undefined;
  const valueAt = keyAt + bytes.readUInt32LE(at + 1);
  const end = valueAt + bytes.readUInt32LE(at + 5);
  if (end > bytes.length) return undefined;
  const key = bytes.toString("latin1", keyAt, valueAt);
  const sub = bytes.readUInt32LE(at + 9);
  const modRevision = bytes.readDoubleLE(at + 13);
  if (isTombstone) return { version: tombstone(key, modRevision, sub), end };
  const lease = bytes.readBigInt64LE(at + 37);
  const version: Version = {
    key,
    // A copy, so that a value that lives long does not hold on to all that came with it.
    value: new Uint8Array(bytes.subarray(valueAt, end)),
    createRevision: bytes.readDoubleLE(at + 21),
    modRevision,
    version: bytes.readDoubleLE(at + 29),
    lease: lease === noLease ? noLease : lease,
    sub,
    deleted: false,
  };
  return { version, end };
}
