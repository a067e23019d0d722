import type { SnapshotWriter } from "./mvcc-store.js";

/** A snapshot of a store as it is now, in one piece: for states known to be small. */
export function wholeSnapshot(store: { snapshot(): Pick<SnapshotWriter, "next"> }): Buffer {
  const writer = store.snapshot();
  const chunks: Uint8Array[] = [];
  for (let chunk = writer.next(); chunk !== undefined; chunk = writer.next()) chunks.push(chunk);
  return Buffer.concat(chunks);
}
