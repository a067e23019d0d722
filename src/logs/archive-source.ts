/** An archive, asked as the log of a cluster that is up is asked. */
import type { LogRecord } from "../core/log-record.js";
import { readArchive } from "./archive-reader.js";
import { accepts } from "./filter.js";
import type { Shown } from "./shown.js";
import type { ReadLogsOptions } from "./tail.js";

/** In the archive's order, as many at once as are there. Throws ARCHIVE_UNREADABLE. */
export async function* readArchived(
  file: string,
  { filter = {}, tail, tally, signal }: Pick<ReadLogsOptions, "filter" | "tail" | "tally" | "signal">,
): AsyncGenerator<readonly Shown[], void, undefined> {
  const last = tail === undefined ? undefined : createLast(tail);
  for await (const records of readArchive(file)) {
    if (signal?.aborted === true) break;
    const wanted = records.filter((record) => accepts(filter, record));
    if (last !== undefined) for (const record of wanted) last.add(record);
    else {
      tally?.count(wanted);
      yield wanted.map(shownOf);
    }
  }
  if (last === undefined) return;
  tally?.count(last.records());
  yield last.records().map(shownOf);
}

function shownOf(record: LogRecord): Shown {
  return { ts: record.ts, flags: record.flags ?? [], record };
}

interface Last {
  add(record: LogRecord): void;
  /** In the order they were added. */
  records(): readonly LogRecord[];
}

/** The last so many records of each node. */
function createLast(count: number): Last {
  const ofNode = new Map<string, { readonly at: number; readonly record: LogRecord }[]>();
  let added = 0;
  return {
    add(record) {
      const kept = ofNode.get(record.node) ?? [];
      ofNode.set(record.node, kept);
      kept.push({ at: added++, record });
      // seldom and many at once: to take off the first is to move all others
      if (kept.length > 2 * count + 1000) kept.splice(0, kept.length - count);
    },
    records: () =>
      [...ofNode.values()]
        .flatMap((kept) => (count === 0 ? [] : kept.slice(-count)))
        .sort((a, b) => a.at - b.at)
        .map(({ record }) => record),
  };
}
