import type { MvccState } from "./mvcc-state.js";
import type { SnapshotWriter } from "./mvcc-store.js";
import { SnapshotReader } from "./snapshot.js";

/** A snapshot of a store as it is now, in one piece: for states known to be small. */
export function wholeSnapshot(store: { snapshot(): Pick<SnapshotWriter, "next"> }): Buffer {
  const writer = store.snapshot();
  const chunks: Uint8Array[] = [];
  for (let chunk = writer.next(); chunk !== undefined; chunk = writer.next()) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** The state of the store of which {@link wholeSnapshot} made `bytes`. Throws `SnapshotDamaged`. */
export function readWholeSnapshot(bytes: Uint8Array): MvccState {
  const reader = new SnapshotReader();
  reader.push(bytes);
  return reader.finish();
}
