import { open, readdir, rename, unlink } from "node:fs/promises";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import type { Snapshot, SnapshotMeta } from "../raft/types.js";
import { WalDamaged } from "./wal-damaged.js";

/**
 * Snapshots on disk, one file each: magic (8), CRC-32 of all that follows, length of the meta data, meta data (JSON), state.
 * A file gets its name once it is whole and synced, and the log's marker is written after that: what the marker names exists.
 */
const magic = Buffer.from("DVSSNAP\x01", "latin1");
const prefixBytes = magic.length + 4 + 4;

function snapshotFileName(index: number, term: number): string {
  return `snapshot-${String(index).padStart(16, "0")}-${String(term).padStart(10, "0")}`;
}

/** Resolves once the snapshot, its name included, is durable. */
export async function writeSnapshotFile(dir: string, snapshot: Snapshot): Promise<void> {
  const meta = Buffer.from(JSON.stringify(snapshot.meta));
  const prefix = Buffer.alloc(prefixBytes);
  magic.copy(prefix);
  prefix.writeUInt32LE(meta.length, 12);
  prefix.writeUInt32LE(checksum(prefix, meta, snapshot.data), 8);
  const path = join(dir, snapshotFileName(snapshot.meta.index, snapshot.meta.term));
  const file = await open(`${path}.tmp`, "w");
  try {
    for (const part of [prefix, meta, snapshot.data]) await file.writeFile(part);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.tmp`, path);
  await syncDir(dir);
}

/** Throws {@link WalDamaged} where the file is missing, cut or changed. */
export function readSnapshotFile(dir: string, index: number, term: number): Snapshot {
  const path = join(dir, snapshotFileName(index, term));
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    throw new WalDamaged(path, 0, "the snapshot that the log starts from cannot be read", { cause });
  }
  if (bytes.length < prefixBytes || !bytes.subarray(0, magic.length).equals(magic))
    throw new WalDamaged(path, 0, "not a snapshot file");
  const dataAt = prefixBytes + bytes.readUInt32LE(12);
  const meta = bytes.subarray(prefixBytes, dataAt);
  const data = bytes.subarray(dataAt);
  if (bytes.readUInt32LE(8) !== checksum(bytes.subarray(0, prefixBytes), meta, data)) {
    throw new WalDamaged(path, 8, "the snapshot's checksum is wrong");
  }
  return { meta: JSON.parse(meta.toString()) as SnapshotMeta, data };
}

/** Index of the newest whole snapshot file; 0 = none. */
export function newestSnapshot(dir: string): number {
  const indexes = readdirSync(dir).map((name) => Number(/^snapshot-(\d+)-\d+$/.exec(name)?.[1] ?? 0));
  return Math.max(0, ...indexes);
}

/** Removes snapshots older than the one at `index`, and what crashes left half-written. */
export async function removeOldSnapshots(dir: string, index: number, term: number): Promise<void> {
  const current = snapshotFileName(index, term);
  for (const name of await readdir(dir)) {
    if (name.startsWith("snapshot-") && name < current) await unlink(join(dir, name));
  }
}

/** Makes names given, changed or removed in `dir` durable. */
export async function syncDir(dir: string): Promise<void> {
  const handle = await open(dir, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function checksum(prefix: Buffer, meta: Uint8Array, data: Uint8Array): number {
  return crc32(data, crc32(meta, crc32(prefix.subarray(12, prefixBytes))));
}
