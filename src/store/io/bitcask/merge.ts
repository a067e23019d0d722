import type { LogIndex } from "../../bitcask/log-index.js";
import type { Seal } from "../../bitcask/record-format.js";
import { scanRecords } from "../../bitcask/record-scan.js";
import { segmentCount } from "../../leaderless/merkle/hash-tree.js";
import type { inSlices } from "../../slices.js";
import type { Appender } from "./appender.js";
import type { Damage } from "./damage.js";
import { fileName } from "./file-names.js";
import type { FileReader, Folder } from "./folder.js";
import type { LogWriter } from "./log-writer.js";

/** What a merge copies in one slice at most: it is one write, which the writes of others wait for. */
const sliceBytesMax = 2 ** 19;

export interface Merging {
  readonly folder: Folder;
  readonly index: LogIndex;
  readonly appender: Appender;
  readonly writer: LogWriter;
  readonly inSlices: typeof inSlices;
  readonly onDamage: (damage: Damage) => void;
  /** Whether the store is about to end: the merge is given up then, and begun anew the next time. */
  readonly ends: () => boolean;
}

/**
 * Moves whatever is still needed of a closed file to the end of the log, as a log-structured file system cleans its segments (Rosenblum and
 * Ousterhout 1992), and then removes the file. A crash at any moment leaves the file, or durable copies of what it held, or both, of which the
 * later one counts. Each slice is durable before the next one begins, so a merge takes no more of the disk than the disk has to give.
 * Resolves with whether the file is gone.
 */
export async function mergeFile(number: number, file: FileReader, seal: Seal, merging: Merging): Promise<boolean> {
  const { folder, index, appender, writer, onDamage } = merging;
  const path = folder.path(fileName("data", number));
  const records = scanRecords(file, seal);
  let finished = false;
  while (!finished) {
    let copied = 0;
    finished = await merging.inSlices((hasTime) => {
      while (copied < sliceBytesMax && hasTime()) {
        const next = records.next();
        if (next.done === true) return true;
        const scanned = next.value;
        if (scanned.type === "record") copied += writer.move(scanned.record, number, scanned.offset);
        if (scanned.type !== "damage") continue;
        const { offset, end } = scanned;
        onDamage({ file: path, offset, bytes: end - offset, copy: undefined, what: "the log is damaged" });
      }
      return false;
    });
    await appender.settled();
    if (merging.ends()) return false;
  }
  if (index.liveBytes(number) > 0) await forgetLost(number, path, merging);
  folder.remove(fileName("hint", number));
  folder.remove(fileName("data", number));
  await folder.syncNames();
  // not before: while a power cut could bring the file back, no removal may go for its being away
  index.endFile(number);
  file.close();
  return true;
}

/** Removes the keys whose newest record is in this file, where nothing whole was found of it. */
async function forgetLost(number: number, path: string, { index, appender, writer, inSlices, onDamage }: Merging): Promise<void> {
  const { directory } = index;
  const steps = segmentsOf(directory.places());
  await inSlices((hasTime) => {
    while (hasTime()) {
      const next = steps.next();
      if (next.done === true) return true;
      const { place, segment } = next.value;
      for (const key of directory.keys(place, segment)) {
        const location = directory.get(place, key);
        if (location?.file !== number) continue;
        writer.remove(place, key);
        onDamage({ file: path, offset: location.offset, bytes: location.length, copy: { place, key }, what: "a copy is lost" });
      }
    }
    return undefined;
  });
  await appender.settled();
}

function* segmentsOf<P>(places: readonly P[]): Generator<{ readonly place: P; readonly segment: number }, void, undefined> {
  for (const place of places) for (let segment = 0; segment < segmentCount; segment++) yield { place, segment };
}
