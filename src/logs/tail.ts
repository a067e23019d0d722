import { logFormatOf } from "../core/log-format.js";
import { label, type Role } from "../core/labels.js";
import { setMaxListeners } from "node:events";
import { setImmediate } from "node:timers/promises";
import { chaosNode, type LogRecord } from "../core/log-record.js";
import { shipperNode } from "../core/ship-contract.js";
import type { ContainerEvent, Containers, Labels, Streams } from "../engine/port.js";
import { Bell } from "./bell.js";
import { ContainerReader, type Sink } from "./container-reader.js";
import { asideEntry, type Entry, lateEntry, type Source } from "./entry.js";
import { withFaultAsides } from "./fault-asides.js";
import { accepts, type LogFilter } from "./filter.js";
import { Merger } from "./merge.js";
import { LifeStream, type LastTold } from "./life-stream.js";
import type { Bookmark } from "./node-log.js";
import { createParser, parseLine } from "./parse.js";
import { Patience } from "./patience.js";
import type { Tally } from "./tally.js";

/** What of the engine it takes to read logs. */
export type LogEngine = Pick<Streams, "logs" | "events" | "pastEvents"> & Pick<Containers, "listContainers" | "inspectContainer">;

export interface ReadLogsOptions {
  /** Go on with what is said from now on, until `signal`, or until the cluster's last container has been removed. */
  readonly follow: boolean;
  readonly filter?: LogFilter | undefined;
  /** Of the past, only the last so many records of each node, counted after the filter. */
  readonly tail?: number | undefined;
  /** Also tell what the engine has to tell of the nodes' containers: started, died, out of memory, health. */
  readonly life?: boolean | undefined;
  /** Nodes whose logs and lives are not read. */
  readonly except?: ReadonlySet<string> | undefined;
  /** For whoever goes on reading in another process; without `tail` and a filter's `since`. */
  readonly bookmarks?: Bookmarks | undefined;
  /** Also give out, as asides, what the agent says of faults and was not asked for, so that a reader knows what is in force. */
  readonly faultsToo?: boolean | undefined;
  /** Counts what is read. */
  readonly tally?: Tally | undefined;
  /** Ends the story; what is held back is still given out. */
  readonly signal?: AbortSignal | undefined;
  /** How long a live record waits for earlier ones of other nodes; 300 unless given. */
  readonly holdBackMs?: number | undefined;
  /** While following, how many records of all logs together may wait for their turn, at least 2,000 of each; 40,000 unless given. */
  readonly heldMost?: number | undefined;
  /** Pause before reading again after the engine broke off, doubled up to 2 s; 100 unless given. */
  readonly retryMs?: number | undefined;
  /** While following, how long the engine may be away; 60 s unless given. */
  readonly giveUpMs?: number | undefined;
}

/** Where a reading of a cluster's logs goes on, and how far it comes. */
export interface Bookmarks {
  /** Of the container with this id. */
  of(container: string): Bookmark;
  /** The last that was known, when the reading began, of what the engine tells of a node; undefined: nothing was. */
  lastTold(node: string): LastTold | undefined;
}

/**
 * The logs of a cluster's containers, running or not, as one story in the order of the engine's stamps. The agent's stdout is
 * in it as node `chaos`; its stderr is not, because it answers requests there.
 *
 * A log is read from as early as `since` and `tail` need, and `seq` counts from there. (Where the engine has rotated the beginning away, from
 * the oldest line kept.)
 *
 * Throws `DeviousError` (ENGINE_UNREACHABLE, ENGINE_REFUSED); once it follows, only after the engine was away for `giveUpMs`.
 */
export async function* readLogs(
  engine: LogEngine,
  cluster: string,
  options: ReadLogsOptions,
): AsyncGenerator<LogRecord, void, undefined> {
  for await (const entries of readEntries(engine, cluster, options)) {
    for (const entry of entries) yield entry.record;
  }
}

/** As {@link readLogs}: the same lines, as many at once as are there, for those who need not know what all of them say. */
export async function* readEntries(
  engine: LogEngine,
  cluster: string,
  options: ReadLogsOptions,
): AsyncGenerator<readonly Entry[], void, undefined> {
  const tail = new Tail(engine, cluster, options);
  try {
    yield* tail.entries();
  } finally {
    tail.stop();
  }
}

/** Under which names the containers appear that are ours and no nodes, by their role. */
const ourNodes: ReadonlyMap<string, string> = new Map<Role, string>([
  ["agent", chaosNode],
  ["shipper", shipperNode],
]);

/** Key of the streams of what the engine tells; containers are called otherwise. */
const lifeKey = "life";

/** What leaves together: enough to write at once, little enough that its lines are short-lived. */
const batchMost = 1000;

/** A reader that is so far ahead of the story waits; the bytes behind it have been read ahead. */
const heldMostAlone = 2_000;
/**
 * While following, each record waits its time where others are silent, and a reader that may not go on meanwhile would be slower than its
 * node.
 */
const usualHeldMost = 40_000;

class Tail {
  readonly #engine: LogEngine;
  readonly #cluster: string;
  readonly #options: ReadLogsOptions;
  readonly #filter: LogFilter;
  readonly #holdBackMs: number;
  readonly #merger: Merger<Entry>;
  readonly #readers = new Map<string, ContainerReader>();
  readonly #stop = new AbortController();
  /** Rings when the merger may have something, or the story may be over. */
  readonly #changed = new Bell();
  /** Rings when records have left the merger. */
  readonly #room = new Bell();
  #failure: { readonly error: unknown } | undefined;
  readonly #life: LifeStream;
  /** Nothing needs to be known of an entry to let it through: nodes and the beginning are the readers' matter. */
  readonly #isOpen: boolean;

  constructor(engine: LogEngine, cluster: string, options: ReadLogsOptions) {
    this.#engine = engine;
    this.#cluster = cluster;
    this.#options = options;
    this.#filter = options.filter ?? {};
    const { nodes: _nodes, since: _since, ...others } = this.#filter;
    this.#isOpen = Object.values(others).every((part) => part === undefined || part === false);
    this.#life = new LifeStream((id, labels) => this.#sourceOf(id, labels), this.#filter, {
      except: options.except,
      lastTold: (node) => options.bookmarks?.lastTold(node),
    });
    this.#holdBackMs = options.holdBackMs ?? 300;
    this.#merger = new Merger(this.#holdBackMs, lateEntry);
    // every reader listens for the end, and some clusters are large
    setMaxListeners(0, this.#stop.signal);
    const { signal } = options;
    if (signal?.aborted === true) this.#stop.abort();
    signal?.addEventListener("abort", () => this.stop(), { once: true, signal: this.#stop.signal });
  }

  stop(): void {
    this.#stop.abort();
    this.#changed.ring();
    this.#room.ring();
  }

  async *entries(): AsyncGenerator<readonly Entry[], void, undefined> {
    if (this.#stop.signal.aborted) return;
    // events first, so that no container starts unseen between the list and them
    const events = this.#options.follow ? await this.#subscribe() : undefined;
    // whoever asks for the last a node said does not mean this
    if (this.#options.life === true && this.#options.tail === undefined) {
      this.#merger.open(lifeKey);
      this.#life.askPast();
      void this.#beside(this.#readPast());
    }
    await this.#list();
    if (events !== undefined) void this.#beside(this.#watch(events));

    for (;;) {
      const ready = this.#merger.release(performance.now(), batchMost);
      if (ready.length > 0) {
        this.#options.tally?.count(ready);
        yield ready;
        this.#room.ring();
        // or nothing would be read off the sockets until all that is there has been told
        await setImmediate();
      } else if ((this.#readers.size === 0 && !this.#life.isAsking) || this.#failure !== undefined || this.#stop.signal.aborted) {
        const last = this.#merger.flush();
        this.#options.tally?.count(last);
        yield last;
        if (this.#failure !== undefined) throw this.#failure.error;
        return;
      } else {
        const dueMs = this.#merger.dueMs();
        await this.#changed.next(dueMs === undefined ? undefined : dueMs - performance.now());
      }
    }
  }

  #subscribe(): Promise<AsyncIterable<ContainerEvent>> {
    return this.#engine.events(this.#labelFilter, this.#stop.signal);
  }

  /** Begins to read every container that is not being read, and lets the other readers look for more. */
  async #list(): Promise<void> {
    for (const { id, labels } of await this.#engine.listContainers([this.#labelFilter])) this.#onLife(id, labels);
  }

  get #labelFilter(): string {
    return `${label.cluster}=${this.#cluster}`;
  }

  /** What the engine remembers of the nodes' lives; nothing leaves before it. */
  async #readPast(): Promise<void> {
    const events = await this.#engine.pastEvents(this.#labelFilter);
    this.#endLife(this.#life.past(events));
  }

  /** A stream of its own, over at once: nobody waits for what may never happen. */
  #tellLife(event: ContainerEvent): void {
    if (this.#options.life !== true) return;
    const entries = this.#life.now(event);
    if (entries.length === 0) return;
    this.#merger.open(lifeKey);
    this.#endLife(entries);
  }

  #endLife(entries: readonly Entry[]): void {
    this.#merger.push(lifeKey, entries, performance.now());
    this.#merger.close(lifeKey);
    this.#changed.ring();
  }

  /** Follows the life of the cluster's containers; after a break it asks for the list, because events may have been missed. */
  async #watch(subscribed: AsyncIterable<ContainerEvent>): Promise<void> {
    let events = subscribed;
    const patience = this.#patience();
    while (!this.#stop.signal.aborted) {
      try {
        for await (const event of events) {
          patience.succeeded();
          this.#tellLife(event);
          if (event.action === "start" || event.action === "destroy") this.#onLife(event.id, event.labels);
        }
        await patience.pause();
        if (this.#stop.signal.aborted) return;
        events = await this.#subscribe();
        await this.#list();
      } catch (error) {
        if (!this.#stop.signal.aborted) await patience.failed(error);
      }
    }
  }

  #onLife(id: string, labels: Labels): void {
    const known = this.#readers.get(id);
    if (known !== undefined) return known.wake();
    const source = this.#sourceOf(id, labels);
    const isAgent = source.node === chaosNode;
    const isTold = isAgent && this.#options.faultsToo === true;
    if (this.#stop.signal.aborted || this.#isLeftOut(source.node)) return;
    if (this.#filter.nodes?.has(source.node) === false && !isTold) return;

    const format = logFormatOf(labels);
    const origin = {
      ...source,
      parsers: { stdout: createParser(format), stderr: createParser(format), engine: parseLine },
      hasFormat: format !== undefined,
      stderr: !isAgent,
      // a fault that began before may be in force
      since: isTold ? undefined : this.#filter.since,
      bookmark: this.#options.bookmarks?.of(id),
    };
    const settleMs = this.#holdBackMs / 3;
    const sink = isTold ? this.#toldSink(id) : this.#sink(id, (entry) => this.#isOpen || accepts(this.#filter, entry.record));
    const reader = new ContainerReader(this.#engine, id, sink, this.#patience(), this.#stop.signal, settleMs);
    this.#readers.set(id, reader);
    this.#merger.open(id);
    const tail = isTold ? undefined : this.#options.tail;
    void this.#beside(reader.run(origin, this.#options.follow, tail)).then(() => {
      this.#readers.delete(id);
      this.#merger.close(id);
      this.#changed.ring();
    });
  }

  /** Whose log a container's is, by its labels. */
  #sourceOf(id: string, labels: Labels): Source {
    const ours = ourNodes.get(labels[label.role] ?? "");
    const node = ours ?? labels[label.node] ?? id.slice(0, 12);
    return { cluster: this.#cluster, service: labels[label.service] ?? "", node, container: id };
  }

  #isLeftOut(node: string): boolean {
    return this.#options.except?.has(node) === true;
  }

  /** The agent's, which is read from its start, because a fault that is in force may have begun there. */
  #toldSink(id: string): Sink {
    const wants = (entry: Entry): boolean => accepts(this.#filter, entry.record);
    const sink = this.#sink(id, () => true);
    let past: Entry[] | undefined = this.#options.tail === undefined ? undefined : [];
    return {
      ...sink,
      take: (entries) => {
        const told = withFaultAsides(entries, wants, asideEntry);
        if (past === undefined) return sink.take(told);
        past.push(...told);
        return undefined;
      },
      caughtUp: () => {
        void sink.take(withFaultAsides(past ?? [], wants, asideEntry, this.#options.tail));
        past = undefined;
        sink.caughtUp();
      },
    };
  }

  #sink(id: string, wants: Sink["wants"]): Sink {
    return {
      wants,
      take: (entries) => {
        const wanted = this.#isOpen ? entries : entries.filter(wants);
        this.#merger.push(id, wanted, performance.now());
        if (wanted.length > 0) this.#changed.ring();
        return this.#isAhead(id) ? this.#untilRoom(id) : undefined;
      },
      caughtUp: () => {
        this.#merger.goLive(id);
        this.#changed.ring();
      },
      interrupted: () => {
        if (this.#options.tally !== undefined) this.#options.tally.reconnects += 1;
      },
    };
  }

  #isAhead(id: string): boolean {
    const { follow, heldMost = usualHeldMost } = this.#options;
    const most = follow ? Math.max(heldMostAlone, heldMost / this.#readers.size) : heldMostAlone;
    return this.#merger.held(id) > most;
  }

  async #untilRoom(id: string): Promise<void> {
    while (this.#isAhead(id) && !this.#stop.signal.aborted) await this.#room.next();
  }

  #patience(): Patience {
    const { follow, retryMs = 100, giveUpMs = 60_000 } = this.#options;
    return new Patience({ retryMs, giveUpMs: follow ? giveUpMs : 0, signal: this.#stop.signal });
  }

  /** A part that runs beside the story: its failure ends the story. */
  async #beside(part: Promise<void>): Promise<void> {
    try {
      await part;
    } catch (error) {
      this.#failure ??= { error };
      this.#changed.ring();
    }
  }
}
