import type { LogIndex } from "../../bitcask/log-index.js";
import type { Location } from "../../bitcask/locations.js";
import { readHead, readRecord, type LogRecord, type Seal } from "../../bitcask/record-format.js";
import { segmentCount } from "../../leaderless/merkle/hash-tree.js";
import { objectHash } from "../../leaderless/merkle/hash.js";
import type { Place } from "../../leaderless/storage.js";
import type { inSlices } from "../../slices.js";

export interface Verified {
  /** Copies that were read. */
  readonly checked: number;
  /** Of these, copies that could not be read any more and are gone. */
  readonly lost: number;
}

export interface Verifying {
  readonly index: LogIndex;
  readonly inSlices: typeof inSlices;
  /** The record as it stands in the log. Undefined: it was damaged, which has been told, and the key is gone. */
  readonly read: (place: Place, key: string, location: Location) => LogRecord | undefined;
}

/** Reads every copy of a place anew and compares it with the directory, hence with the tree: finds rot before anybody asks for the copy. */
export async function verifyPlace(place: Place, { index, inSlices: slices, read }: Verifying): Promise<Verified> {
  const { directory } = index;
  let checked = 0;
  let lost = 0;
  let segment = 0;
  let keys: readonly string[] = [];
  let at = 0;
  await slices((hasTime) => {
    while (hasTime()) {
      if (at === keys.length) {
        if (segment === segmentCount) return true;
        keys = directory.keys(place, segment++);
        at = 0;
        continue;
      }
      const key = keys[at++] as string;
      const location = directory.get(place, key);
      if (location === undefined) continue;
      checked++;
      const record = read(place, key, location);
      if (record === undefined) lost++;
      else correct(index, place, key, location, objectHash(record.value));
    }
    return undefined;
  });
  return { checked, lost };
}

/** The bytes are those that were written, whatever the directory thought of them. */
function correct({ directory }: LogIndex, place: Place, key: string, location: Location, hash: number): void {
  if (location.objectHash !== hash) directory.set(place, key, { ...location, objectHash: hash });
}

/** The record of this key; an error sentence where `bytes` are none, or another's. */
export function recordOf(bytes: Buffer, place: Place, key: string, seal: Seal): LogRecord | string {
  const head = readHead(bytes, seal);
  const record = head === undefined ? undefined : readRecord(bytes, head, seal);
  if (record === undefined) return "the checksum of a copy is wrong";
  if (record.kind === "put" && record.key === key && samePlace(record.place, place)) return record;
  return "another record stands where a copy should be";
}

function samePlace(a: Place, b: Place): boolean {
  if (a.partition !== b.partition || a.n !== b.n) return false;
  return a.kind === "hint" ? b.kind === "hint" && a.member === b.member : b.kind === "home";
}
