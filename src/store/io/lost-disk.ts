import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Log } from "../../core/log-line.js";
import { wipeOrder } from "../../core/node-contract.js";

/** Empties the folder where it holds the order to: the disk is as good as lost. The order goes last, so that it is carried out whole. */
export function emptyLostDisk(dir: string, log: Log): void {
  let names: readonly string[];
  try {
    names = readdirSync(dir);
  } catch {
    return;
  }
  if (!names.includes(wipeOrder)) return;
  for (const name of names) if (name !== wipeOrder) rmSync(join(dir, name), { recursive: true });
  rmSync(join(dir, wipeOrder));
  log("warn", "disk-lost", "the disk was told to be lost: everything on it is gone", { files: names.length - 1 });
}
