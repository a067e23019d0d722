import { messageOf } from "../core/errors.js";
import { StoreDamaged } from "./io/bitcask/damage.js";
import { DiskRefused } from "./io/disk-refused.js";
import { WalDamaged } from "./io/wal-damaged.js";

/** The one line with which a node ends that cannot start or go on. */
export interface LastWords {
  readonly event: "wal-corrupt" | "disk-failed" | "start-failed";
  readonly msg: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** `node`: whose they are. `otherwise`: what anything else that went wrong is called. */
export function lastWordsOn(error: unknown, node: string, otherwise: "disk-failed" | "start-failed"): LastWords {
  if (error instanceof WalDamaged || error instanceof StoreDamaged || error instanceof DiskRefused) {
    const event = error instanceof DiskRefused ? "disk-failed" : "wal-corrupt";
    return { event, msg: `${error.message}; ${wayBackFrom(error, node)}`, fields: { file: error.file, offset: error.offset } };
  }
  const msg = otherwise === "disk-failed" ? `the disk refused to store: ${messageOf(error)}` : messageOf(error);
  return { event: otherwise, msg, fields: {} };
}

/** docs/etcd.md tells them all. */
function wayBackFrom(error: WalDamaged | StoreDamaged | DiskRefused, node: string): string {
  if (!(error instanceof DiskRefused)) return `\`devious chaos wipe ${node}\` lets the others send it everything`;
  const first = error.isFull ? "make room" : "mend the disk";
  return `what it acknowledged is kept: ${first}, then \`devious chaos start ${node}\``;
}
