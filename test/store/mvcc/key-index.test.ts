// Shows that a walk through all that survives can be left and taken up again while keys and versions are added, and misses nothing where it takes keys in batches.
import { expect, it } from "vitest";
import { KeyIndex } from "../../../src/store/mvcc/key-index.js";
import type { Version } from "../../../src/store/mvcc/key-value.js";

const version = (key: string, modRevision: number): Version => ({
  key,
  value: new Uint8Array(),
  createRevision: 1,
  modRevision,
  version: 1,
  lease: 0n,
  sub: 0,
  deleted: false,
});

it("walks through what was there, whatever is added meanwhile", () => {
  const index = new KeyIndex();
  // Each key with the least one after it, which is where a new batch may have to begin.
  const keys = Array.from({ length: 1000 }, (_, i) => `k${String(i).padStart(4, "0")}`).flatMap((key) => [key, `${key}\0`]);
  for (const key of keys) index.append(version(key, 2));
  const seen: string[] = [];
  for (const { key, modRevision } of index.survivors(2, 0)) {
    expect(modRevision).toBe(2);
    seen.push(key);
    index.append(version(key, 3));
    for (const place of ["before", `${key}between`, "zz"]) index.append(version(`${place}${seen.length}`, 3));
  }
  expect(seen).toEqual(keys);
});
