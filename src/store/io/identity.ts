import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { MemberId } from "../raft/types.js";
import { DiskRefused } from "./disk-refused.js";
import { WalDamaged } from "./wal-damaged.js";

/**
 * Under which number this disk's log was begun, in a file beside it. It stands above what the environment says: a node that lost its disk
 * got another number than its container was made with.
 */
const fileName = "identity";

/**
 * Undefined where none was written: by versions before this, or on an empty disk. Throws {@link WalDamaged} where it makes no sense, and
 * {@link DiskRefused}.
 */
export function readIdentity(dir: string): MemberId | undefined {
  const path = join(dir, fileName);
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new DiskRefused(path, 0, error, "read");
  }
  const [, member] = /^member ([1-9]\d{0,15})\n$/.exec(text) ?? [];
  if (member === undefined) throw new WalDamaged(path, 0, "the file with this member's number is damaged");
  return Number(member);
}

/** Durable when it returns, name included. Throws {@link DiskRefused}. */
export function writeIdentity(dir: string, member: MemberId): void {
  const path = join(dir, fileName);
  try {
    const file = openSync(`${path}.tmp`, "w");
    writeSync(file, `member ${member}\n`);
    fsyncSync(file);
    closeSync(file);
    renameSync(`${path}.tmp`, path);
    const folder = openSync(dir, "r");
    fsyncSync(folder);
    closeSync(folder);
  } catch (error) {
    throw new DiskRefused(path, 0, error);
  }
}
