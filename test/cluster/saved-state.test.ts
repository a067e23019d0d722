// Shows which files `up --restore` takes, and which clusters it begins: whole files that were saved from this store, and new clusters of one store.
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, it } from "vitest";
import { assertRestorable } from "../../src/cluster/restore.js";
import { openSavedState } from "../../src/cluster/saved-state.js";
import { defaultSpec, storeService } from "../../src/spec/cluster-spec.js";
import { SavedCopy } from "../../src/store/io/saved-copy.js";
import { encodeSnapshotFrame, encodeSnapshotHead } from "../../src/store/io/snapshot-format.js";

const conf = { voters: [1], votersOutgoing: [], learners: [], learnersNext: [], autoLeave: false };
const head = encodeSnapshotHead({ index: 3, term: 2, conf });
const frame = encodeSnapshotFrame(Buffer.from("state"), head.crc);
const snapshot = Buffer.concat([head.bytes, frame.bytes, encodeSnapshotFrame(Buffer.alloc(0), frame.crc).bytes]);

/** As `etcdctl snapshot save` writes it. */
async function saved(bytes: Buffer): Promise<Buffer> {
  const left = [bytes];
  const copy = new SavedCopy({
    byteLength: bytes.length,
    read: () => Promise.resolve(left.shift()),
    close: () => Promise.resolve(),
  });
  const parts: Buffer[] = [];
  for (let part = await copy.read(); part !== undefined; part = await copy.read()) parts.push(part);
  return Buffer.concat(parts);
}

let file: string;
beforeEach(() => {
  const dir = mkdtempSync(join(tmpdir(), "devious-saved-"));
  file = join(dir, "state.db");
  return () => rmSync(dir, { recursive: true });
});

it("gives out what is before the digest, as often as it is asked for", async () => {
  const bytes = await saved(snapshot);
  writeFileSync(file, bytes);
  const state = await openSavedState(file);
  for (let times = 0; times < 2; times++) {
    const parts: Uint8Array[] = [];
    for await (const part of state.content()) parts.push(part);
    expect(Buffer.concat(parts).equals(bytes.subarray(0, -32))).toBe(true);
  }
  expect(state.byteLength).toBe(bytes.length - 32);
});

const flipped = (bytes: Buffer, at: number): Buffer => {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] as number) ^ 1;
  return copy;
};
const withDigest = (bytes: Buffer): Buffer => Buffer.concat([bytes, createHash("sha256").update(bytes).digest()]);

it.each<[string, (whole: Buffer) => Buffer, RegExp]>([
  ["nothing", () => Buffer.alloc(0), /it is too short/],
  ["a file of another program", () => withDigest(Buffer.alloc(4096, "bolt")), /not a snapshot file/],
  ["a changed state", (whole) => flipped(whole, snapshot.length - 12), /checksum is wrong/],
  ["a changed digest", (whole) => flipped(whole, whole.length - 1), /its digest is wrong/],
  ["a file that is cut off", (whole) => whole.subarray(0, 100), /cannot be restored/],
  ["a state without its end", () => withDigest(snapshot.subarray(0, -8)), /the snapshot is cut off/],
])("%s is refused", async (_, change, why) => {
  writeFileSync(file, change(await saved(snapshot)));
  await expect(openSavedState(file)).rejects.toMatchObject({
    code: "SNAPSHOT_UNREADABLE",
    message: expect.stringMatching(why) as string,
  });
});

it("a file that is not there is refused", async () => {
  await expect(openSavedState(file)).rejects.toMatchObject({ code: "SNAPSHOT_UNREADABLE" });
});

it("begins new clusters of one store only", () => {
  const spec = defaultSpec("shop");
  const nothing = { nodes: [], volumes: [] };
  expect(() => assertRestorable(spec, nothing)).not.toThrow();
  const volume = { name: "devious.shop.n1.data", labels: {} };
  expect(() => assertRestorable(spec, { ...nothing, volumes: [volume] })).toThrow("The cluster shop is there already");
  const two = { ...spec, services: [storeService("a", ["a-1"]), storeService("b", ["b-1"])] };
  expect(() => assertRestorable(two, nothing)).toThrow("this one has 2");
});
