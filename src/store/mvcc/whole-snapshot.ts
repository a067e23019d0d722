import { MvccStore } from "./mvcc-store.js";
import type { LeaseExists } from "./requests.js";
import { SnapshotReader } from "./snapshot.js";

/** A snapshot of the store as it is now, in one piece. Equal states give equal bytes, so a hash of them compares members. */
export function wholeSnapshot(store: MvccStore): Buffer {
  const writer = store.snapshot();
  const chunks: Uint8Array[] = [];
  for (let chunk = writer.next(); chunk !== undefined; chunk = writer.next()) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** The store of which {@link wholeSnapshot} made `bytes`. Throws `SnapshotDamaged`. */
export function restoreStore(bytes: Uint8Array, leaseExists: LeaseExists): MvccStore {
  const reader = new SnapshotReader();
  reader.push(bytes);
  return new MvccStore(leaseExists, reader.finish());
}
