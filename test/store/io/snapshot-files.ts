import { mkdirSync } from "node:fs";
import { SnapshotDraft, writeState } from "../../../src/store/io/snapshot-file.js";
import type { StoredSnapshot } from "../../../src/store/io/snapshot-file.js";
import type { SnapshotMeta } from "../../../src/store/raft/types.js";

/** The file of a snapshot, as it is there before a log or a machine hears of it. `chunks`: of the state, any bytes. */
export async function savedSnapshot(dir: string, meta: SnapshotMeta, ...chunks: readonly Uint8Array[]): Promise<StoredSnapshot> {
  mkdirSync(dir, { recursive: true });
  const draft = await SnapshotDraft.begin(dir, `test-${meta.index}`);
  const left = [...chunks];
  await writeState(draft, meta, () => Promise.resolve(left.shift()));
  return draft.publish(meta);
}
