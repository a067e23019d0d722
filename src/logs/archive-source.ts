/** An archive, asked as the log of a cluster that is up is asked. */
import type { LogRecord } from "../core/log-record.js";
import { readArchive } from "./archive-reader.js";
import { accepts } from "./filter.js";
import { Last } from "./last.js";
import type { Shown } from "./shown.js";
import type { ReadLogsOptions } from "./tail.js";

/** In the archive's order, as many at once as are there. Throws ARCHIVE_UNREADABLE. */
export async function* readArchived(
  file: string,
  { filter = {}, tail, tally, signal }: Pick<ReadLogsOptions, "filter" | "tail" | "tally" | "signal">,
): AsyncGenerator<readonly Shown[], void, undefined> {
  const last = tail === undefined ? undefined : new LastOfNodes(tail);
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
  const records = last.records();
  tally?.count(records);
  yield records.map(shownOf);
}

function shownOf(record: LogRecord): Shown {
  return { ts: record.ts, flags: record.flags ?? [], record };
}

/** The last so many records of each node. */
class LastOfNodes {
  readonly #count: number;
  readonly #ofNode = new Map<string, Last<{ readonly at: number; readonly record: LogRecord }>>();
  #added = 0;

  constructor(count: number) {
    this.#count = count;
  }

  add(record: LogRecord): void {
    let last = this.#ofNode.get(record.node);
    if (last === undefined) this.#ofNode.set(record.node, (last = new Last(this.#count)));
    last.add([{ at: this.#added++, record }]);
  }

  /** In the order they were added. */
  records(): readonly LogRecord[] {
    const kept = [...this.#ofNode.values()].flatMap((last) => last.items());
    return kept.sort((a, b) => a.at - b.at).map(({ record }) => record);
  }
}
