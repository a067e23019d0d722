import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { DeviousError, messageOf } from "../core/errors.js";
import { SnapshotFileParser } from "../store/io/snapshot-format.js";
import { WalDamaged } from "../store/io/wal-damaged.js";

/** A file that `etcdctl snapshot save` made of a cluster of ours: whole, and what it says it is. */
export interface SavedState {
  /** Without its digest, which nodes have no use for. */
  readonly byteLength: number;
  /** From its beginning, as often as it is asked for. */
  readonly content: () => AsyncIterable<Uint8Array>;
}

const digestBytes = 32;
const hint =
  "a file that `etcdctl snapshot save` made of a cluster of the bundled store can be restored; etcd's own files cannot";

/** Reads the file once, and believes nothing in it before. Throws SNAPSHOT_UNREADABLE. */
export async function openSavedState(file: string): Promise<SavedState> {
  const size = await stat(file).then(
    (found) => (found.isFile() ? found.size : undefined),
    () => undefined,
  );
  if (size === undefined) throw new DeviousError("SNAPSHOT_UNREADABLE", `There is no file ${file}`, { hint });
  const byteLength = size - digestBytes;
  if (byteLength <= 0) throw unreadable(file, "it is too short");
  const content = (): AsyncIterable<Uint8Array> => createReadStream(file, { end: byteLength - 1 });
  const parser = new SnapshotFileParser(file);
  const hash = createHash("sha256");
  try {
    for await (const piece of createReadStream(file, { end: byteLength - 1 }) as AsyncIterable<Buffer>) {
      hash.update(piece);
      parser.push(piece);
    }
    parser.finish();
    const digest: Buffer[] = [];
    for await (const piece of createReadStream(file, { start: byteLength }) as AsyncIterable<Buffer>) digest.push(piece);
    if (!hash.digest().equals(Buffer.concat(digest))) throw unreadable(file, "its digest is wrong: it was changed or cut off");
  } catch (cause) {
    if (cause instanceof DeviousError) throw cause;
    throw unreadable(file, cause instanceof WalDamaged ? cause.what : messageOf(cause), cause);
  }
  return { byteLength, content };
}

function unreadable(file: string, why: string, cause?: unknown): DeviousError {
  return new DeviousError("SNAPSHOT_UNREADABLE", `${file} cannot be restored: ${why}`, { hint, cause });
}
