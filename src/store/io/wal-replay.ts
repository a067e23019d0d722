import { unreachable } from "../../core/invariant.js";
import type { Entry, HardState } from "../raft/types.js";
import type { WalRecord } from "./wal-format.js";

/** What all records of a log, read in order, add up to. */
export interface Replayed {
  readonly hardState: HardState;
  /** The newest snapshot the log tells of. */
  readonly snapshot: { readonly index: number; readonly term: number };
  /** Entries after the snapshot, without holes. */
  readonly entries: readonly Entry[];
}

/** Undefined where the log holds no snapshot marker yet, i.e. was never bootstrapped; an error sentence where entries are missing. */
export function replay(records: Iterable<WalRecord>): Replayed | string | undefined {
  let hardState: HardState = { term: 0, vote: 0, commit: 0 };
  let snapshot: { index: number; term: number } | undefined;
  let entries: Entry[] = [];
  for (const record of records) {
    switch (record.type) {
      case "hardState":
        hardState = record.hardState;
        break;
      case "snapshot":
        snapshot = { index: record.index, term: record.term };
        entries = record.discardLog ? [] : entries.filter((entry) => entry.index > record.index);
        break;
      case "entry":
        while ((entries.at(-1)?.index ?? 0) >= record.entry.index) entries.pop();
        entries.push(record.entry);
        break;
      default:
        unreachable(record);
    }
  }
  if (snapshot === undefined) return undefined;
  const { index } = snapshot;
  entries = entries.filter((entry) => entry.index > index);
  const hole = entries.findIndex((entry, position) => entry.index !== index + 1 + position);
  if (hole >= 0) return `entry ${index + 1 + hole} is missing: after it the log goes on with ${entries[hole]?.index}`;
  // The frame that brought the last entries may be the torn one while an earlier one told of their commit; a snapshot is committed.
  const commit = Math.max(index, Math.min(hardState.commit, index + entries.length));
  return { hardState: { ...hardState, commit }, snapshot, entries };
}
