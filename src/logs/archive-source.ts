/** An archive, asked as the log of a cluster that is up is asked. */
import { chaosNode, type LogRecord } from "../core/log-record.js";
import { readArchive } from "./archive-reader.js";
import { withFaultAsides } from "./fault-asides.js";
import { faultNews } from "./fault-news.js";
import { accepts } from "./filter.js";
import { Last } from "./last.js";
import type { Shown } from "./shown.js";
import type { ReadLogsOptions } from "./tail.js";

/** In the archive's order, as many at once as are there. Throws ARCHIVE_UNREADABLE. */
export async function* readArchived(
  file: string,
  options: Pick<ReadLogsOptions, "filter" | "faultsToo" | "tail" | "tally" | "signal">,
): AsyncGenerator<readonly Shown[], void, undefined> {
  const { filter = {}, faultsToo = false, tail, tally, signal } = options;
  const last = tail === undefined ? undefined : new LastOfNodes(tail, faultsToo);
  for await (const records of readArchive(file)) {
    if (signal?.aborted === true) break;
    const given: Shown[] = [];
    for (const record of records) {
      if (accepts(filter, record)) given.push(shownOf(record));
      else if (faultsToo && faultNews(record) !== undefined) given.push(asideOf(shownOf(record)));
    }
    if (last !== undefined) last.add(given);
    else {
      tally?.count(given);
      yield given;
    }
  }
  if (last === undefined) return;
  const given = last.items();
  tally?.count(given);
  yield given;
}

function shownOf(record: LogRecord): Shown {
  return { ts: record.ts, flags: record.flags ?? [], record };
}

function asideOf<T extends Shown>(shown: T): T {
  return { ...shown, isAside: true };
}

interface Numbered extends Shown {
  readonly at: number;
}

/** The last so many records of each node; where faults are to be known, all that the agent says of them. */
class LastOfNodes {
  readonly #count: number;
  readonly #faultsToo: boolean;
  readonly #ofNode = new Map<string, Last<Numbered>>();
  readonly #agents: Numbered[] = [];
  #added = 0;

  constructor(count: number, faultsToo: boolean) {
    this.#count = count;
    this.#faultsToo = faultsToo;
  }

  add(items: readonly Shown[]): void {
    for (const item of items) {
      const { node } = item.record;
      const numbered = { ...item, at: this.#added++ };
      if (this.#faultsToo && node === chaosNode) {
        this.#agents.push(numbered);
        continue;
      }
      let last = this.#ofNode.get(node);
      if (last === undefined) this.#ofNode.set(node, (last = new Last(this.#count)));
      last.add([numbered]);
    }
  }

  /** In the order they were added. */
  items(): readonly Shown[] {
    const agents = withFaultAsides(this.#agents, ({ isAside }) => isAside !== true, asideOf, this.#count);
    const nodes = [...this.#ofNode.values()].flatMap((last) => last.items());
    return [...agents, ...nodes].sort((a, b) => a.at - b.at);
  }
}
