import { closeSync, openSync, readSync, readdirSync, statSync, unlinkSync } from "node:fs";
import { open, readdir, rename, rm, unlink } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { join } from "node:path";
import type { SnapshotData, SnapshotMeta } from "../raft/types.js";
import { encodeSnapshotFrame, encodeSnapshotHead, SnapshotFileParser, snapshotFrameBytesMax } from "./snapshot-format.js";
import { DiskRefused, refusedAt } from "./disk-refused.js";
import { WalDamaged } from "./wal-damaged.js";

/**
 * Snapshots on disk, one file each (snapshot-format.ts), written and read in chunks. A file gets its name once it is whole and synced, and the
 * machine and the log hear of it after that: what they name exists.
 */
const finishedName = /^snapshot-(\d+)-\d+$/;

function snapshotFileName({ index, term }: Pick<SnapshotMeta, "index" | "term">): string {
  return `snapshot-${String(index).padStart(16, "0")}-${String(term).padStart(10, "0")}`;
}

/** A whole snapshot on disk, and what stands for it in the machine. */
export class StoredSnapshot implements SnapshotData {
  readonly path: string;
  readonly byteLength: number;

  private constructor(path: string, byteLength: number) {
    this.path = path;
    this.byteLength = byteLength;
  }

  /** Throws {@link WalDamaged} where it is missing. */
  static find(dir: string, meta: Pick<SnapshotMeta, "index" | "term">): StoredSnapshot {
    return StoredSnapshot.at(join(dir, snapshotFileName(meta)));
  }

  /** As {@link find}, under whatever name. */
  static at(path: string): StoredSnapshot {
    try {
      return new StoredSnapshot(path, statSync(path).size);
    } catch (cause) {
      throw new WalDamaged(path, 0, "the snapshot that the log starts from cannot be read", { cause });
    }
  }

  /** Reads no further than it has to. Throws {@link WalDamaged}. */
  meta(): SnapshotMeta {
    const parser = new SnapshotFileParser(this.path);
    for (const piece of pieces(this.path)) {
      parser.push(piece);
      if (parser.meta !== undefined) return parser.meta;
    }
    return parser.finish();
  }

  /** The state, chunk by chunk as it is asked for. Throws {@link WalDamaged}, be it after the last chunk: until then nothing is certain. */
  *chunks(): Generator<Uint8Array, void, undefined> {
    const parser = new SnapshotFileParser(this.path);
    for (const piece of pieces(this.path)) yield* parser.push(piece);
    parser.finish();
  }
}

function* pieces(path: string): Generator<Buffer, void, undefined> {
  const fd = openSync(path, "r");
  let at = 0;
  const read = (piece: Buffer): number => {
    try {
      return readSync(fd, piece);
    } catch (error) {
      throw new DiskRefused(path, at, error, "read");
    }
  };
  try {
    for (;;) {
      const piece = Buffer.allocUnsafe(snapshotFrameBytesMax);
      const bytes = read(piece);
      if (bytes === 0) return;
      at += bytes;
      yield piece.subarray(0, bytes);
    }
  } finally {
    closeSync(fd);
  }
}

/** A snapshot file that is being written, under a name that nobody takes for a snapshot's. */
export class SnapshotDraft {
  readonly #dir: string;
  readonly #file: FileHandle;
  readonly path: string;
  #bytes = 0;

  private constructor(dir: string, path: string, file: FileHandle) {
    this.#dir = dir;
    this.path = path;
    this.#file = file;
  }

  /** `name`: no other draft of this process has it. */
  static async begin(dir: string, name: string): Promise<SnapshotDraft> {
    const path = join(dir, `snapshot-${name}.tmp`);
    return new SnapshotDraft(dir, path, await open(path, "w+").catch(refusedAt(path, 0)));
  }

  async append(bytes: Uint8Array): Promise<void> {
    await this.#file.writeFile(bytes).catch(refusedAt(this.path, this.#bytes));
    this.#bytes += bytes.length;
  }

  /** What was appended is whole: resolves once it is durable, its name included. */
  async publish(meta: SnapshotMeta): Promise<StoredSnapshot> {
    await this.#file.sync().catch(refusedAt(this.path, 0));
    await this.#file.close();
    await rename(this.path, join(this.#dir, snapshotFileName(meta))).catch(refusedAt(this.path, 0));
    await syncDir(this.#dir);
    return StoredSnapshot.find(this.#dir, meta);
  }

  /** To be read by one reader, and gone with it, as it would be with this process. */
  async handOver(): Promise<SnapshotSource> {
    await unlink(this.path);
    return new SnapshotSource(this.#file, this.#bytes);
  }

  async discard(): Promise<void> {
    await this.#file.close();
    await unlink(this.path);
  }
}

/** A snapshot file on its way out, as it stands on disk. Its name may go meanwhile. */
export class SnapshotSource {
  readonly byteLength: number;
  readonly #file: FileHandle;
  #at = 0;

  constructor(file: FileHandle, byteLength: number) {
    this.#file = file;
    this.byteLength = byteLength;
  }

  static async open({ path, byteLength }: StoredSnapshot): Promise<SnapshotSource> {
    return new SnapshotSource(await open(path, "r"), byteLength);
  }

  /** Some {@link snapshotFrameBytesMax} bytes; undefined after the last. The bytes are the caller's. */
  async read(): Promise<Buffer | undefined> {
    const { bytesRead, buffer } = await this.#file.read({
      buffer: Buffer.allocUnsafe(snapshotFrameBytesMax),
      position: this.#at,
    });
    this.#at += bytesRead;
    return bytesRead === 0 ? undefined : buffer.subarray(0, bytesRead);
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

/** Writes a state into a draft. `next` makes its chunks, and gets the event loop back while each frame is being written. */
export async function writeState(
  draft: SnapshotDraft,
  meta: SnapshotMeta,
  next: () => Promise<Uint8Array | undefined>,
): Promise<void> {
  const { bytes: head, crc: headCrc } = encodeSnapshotHead(meta);
  await draft.append(head);
  let crc = headCrc;
  const write = async (bytes: Uint8Array): Promise<void> => {
    const frame = encodeSnapshotFrame(bytes, crc);
    ({ crc } = frame);
    await draft.append(frame.bytes);
  };
  for (let chunk = await next(); chunk !== undefined; chunk = await next()) {
    for (let at = 0; at < chunk.length; at += snapshotFrameBytesMax) await write(chunk.subarray(at, at + snapshotFrameBytesMax));
  }
  await write(new Uint8Array(0));
}

export async function removeSnapshot({ path }: StoredSnapshot): Promise<void> {
  await rm(path, { force: true });
}

/** Index of the newest whole snapshot file; 0 = none. */
export function newestSnapshot(dir: string): number {
  return Math.max(0, ...readdirSync(dir).map((name) => Number(finishedName.exec(name)?.[1] ?? 0)));
}

/** Removes snapshots older than this one. */
export async function removeOldSnapshots(dir: string, meta: Pick<SnapshotMeta, "index" | "term">): Promise<void> {
  const current = snapshotFileName(meta);
  for (const name of await readdir(dir))
    if (finishedName.test(name) && name < current) await rm(join(dir, name), { force: true });
}

/** Before anything is begun: removes all snapshots but this one, which are older or nobody was told of, and what crashes left half-written. */
export function removeOtherSnapshots(dir: string, meta: Pick<SnapshotMeta, "index" | "term">): void {
  const current = snapshotFileName(meta);
  for (const name of readdirSync(dir)) if (name.startsWith("snapshot-") && name !== current) unlinkSync(join(dir, name));
}

/** Makes names given, changed or removed in `dir` durable. Rejects with {@link DiskRefused}. */
export async function syncDir(dir: string): Promise<void> {
  const handle = await open(dir, "r");
  try {
    await handle.sync().catch(refusedAt(dir, 0));
  } finally {
    await handle.close();
  }
}
