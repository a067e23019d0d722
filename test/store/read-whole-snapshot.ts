import type { MvccState } from "../../src/store/mvcc/mvcc-state.js";
import { SnapshotReader } from "../../src/store/mvcc/snapshot.js";

/** The state of the store of which `wholeSnapshot` made `bytes`. Throws `SnapshotDamaged`. */
export function readWholeSnapshot(bytes: Uint8Array): MvccState {
  const reader = new SnapshotReader();
  reader.push(bytes);
  return reader.finish();
}
