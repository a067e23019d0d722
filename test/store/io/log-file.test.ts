// Shows that a log file holds what was appended, with nothing but zeros behind it, and nothing behind it once it is closed.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { createLogFile } from "../../../src/store/io/log-file.js";

it.each([
  ["a few bytes", [3, 5]],
  ["more than the room", [700, 2 ** 21, 1]],
])("%s", async (_, lengths) => {
  const dir = mkdtempSync(join(tmpdir(), "devious-log-file-"));
  try {
    const path = join(dir, "log");
    const file = createLogFile(path);
    const pieces = lengths.map((length, at) => Buffer.alloc(length, at + 1));
    const all = Buffer.concat(pieces);
    for (const piece of pieces) {
      file.append(piece);
      await file.sync();
    }
    const open = readFileSync(path);
    expect(open.subarray(0, all.length).equals(all)).toBe(true);
    expect(open.length).toBeGreaterThan(all.length);
    expect(open.subarray(all.length).every((byte) => byte === 0)).toBe(true);
    file.close();
    expect(readFileSync(path).equals(all)).toBe(true);
  } finally {
    rmSync(dir, { recursive: true });
  }
});
