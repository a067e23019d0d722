import type { Revision, Version } from "../mvcc/key-value.js";
import type { MvccStore } from "../mvcc/mvcc-store.js";
import { Interests } from "./interests.js";
import { continued, encodeResponse, EventEncoder, Events } from "./responses.js";
import type { WatchResponse } from "./responses.js";
import { endOf, wants } from "./watcher.js";
import type { Watcher } from "./watcher.js";
import { WatchStream } from "./watch-stream.js";
import type { StreamKeeper, WatchSink } from "./watch-stream.js";

export interface WatchHubPorts {
  /** The one that counts now: a snapshot of the leader's replaces it. */
  readonly store: () => Pick<MvccStore, "revision" | "compactRevision" | "changesFrom" | "before">;
  readonly header: (revision: Revision) => WatchResponse["header"];
  /** Asks for {@link WatchHub.catchUp}, soon, until it says that there is no more to do. */
  readonly wake: () => void;
  /** In [0, 1). */
  readonly random: () => number;
}

export interface WatchLimits {
  /** A response that has so much is not made larger, where a revision ends. */
  readonly responseBytes: number;
  /** Responses beyond this are sent in pieces, to who takes them so: the largest request with what gRPC adds, as in etcd. */
  readonly fragmentBytesMax: number;
  /** How many writes of the log one watcher reads before it is another's turn. */
  readonly readAtOnce: number;
  readonly watchersMax: number;
  /** Between two looks at watchers that want to be told their progress; up to a tenth more, so that not all are at once. */
  readonly progressEveryMs: number;
}

export const usualLimits: WatchLimits = {
  responseBytes: 512 * 1024,
  fragmentBytesMax: 2 * 2 ** 20,
  readAtOnce: 4096,
  watchersMax: 100_000,
  progressEveryMs: 10 * 60_000,
};

const rolledBackReason = "devious: this member lost writes that it had told of; read the keys anew";

/**
 * Tells the watchers of one member what its store has applied: each event of its range once, in the order of the log, never a part of a
 * revision. https://etcd.io/docs/v3.4/learning/api/#watch-api
 *
 * A watcher keeps up as long as its stream takes what is sent, and is then told of each batch as it is applied. Otherwise it falls behind: it
 * has a position in the revision log, no queue, and reads on from there once the stream takes more, until it has caught up or a compaction
 * has overtaken it. A watcher that wants the past begins behind; one that wants the future waits for it.
 */
export class WatchHub implements StreamKeeper {
  readonly #ports: WatchHubPorts;
  readonly #limits: WatchLimits;
  readonly #interests = new Interests();
  /** Those that read on in the log, each in its turn. */
  readonly #behind = new Set<Watcher>();
  readonly #waiting = new Set<Watcher>();
  readonly #streams = new Set<WatchStream>();
  readonly #reporting = new Set<WatchStream>();
  /** The first revision that one of {@link #waiting} waits for. */
  #soonest: Revision = Infinity;
  #told: Revision;
  #hasRolledBack = false;
  #watchers = 0;

  constructor(ports: WatchHubPorts, limits: WatchLimits = usualLimits) {
    this.#ports = ports;
    this.#limits = limits;
    this.#told = ports.store().revision;
  }

  open(sink: WatchSink): WatchStream {
    const stream = new WatchStream(sink, this);
    this.#streams.add(stream);
    return stream;
  }

  /** To be called after a batch was applied, before anything is compacted for good. */
  applied(): void {
    const store = this.#ports.store();
    while (this.#told < store.revision) {
      const first = this.#told + 1;
      // whoever waits for a revision of the batch keeps up from there on
      this.#told = Math.min(store.revision, this.#soonest - 1);
      if (!this.#interests.isEmpty) this.#tell(upTo(this.#told, store.changesFrom(first)));
      if (this.#told + 1 === this.#soonest) this.#placeAgain(this.#waiting);
    }
  }

  /** To be called before {@link restored} where the snapshot takes back some of what was applied, which only a mistake of the store allows. */
  rolledBack(): void {
    this.#hasRolledBack = true;
  }

  /** To be called when a snapshot has replaced the store: what it skipped is in its log, unless it was compacted. */
  restored(): void {
    if (this.#hasRolledBack || this.#ports.store().revision < this.#told) return this.#cancelAll();
    const next = this.#told + 1;
    this.#told = this.#ports.store().revision;
    const keptUp = [...this.#interests.audiences()].flatMap(({ watchers }) => [...watchers]);
    for (const watcher of keptUp) {
      this.#interests.leave(watcher);
      watcher.next = next;
    }
    this.#placeAgain([...keptUp, ...this.#waiting]);
  }

  /** Lets those who are behind read on, while `hasTime` says so. Returns whether there is more to do. */
  catchUp(hasTime: () => boolean): boolean {
    // one that is put back comes round again
    for (const watcher of this.#behind) {
      this.#behind.delete(watcher);
      if (watcher.stream.sink.writable) this.#readOn(watcher);
      else watcher.stream.stalled.add(watcher);
      if (!hasTime()) break;
    }
    return this.#behind.size > 0;
  }

  /** Tells those who keep up, and want to know, how far that is. */
  tick(nowMs: number): void {
    const { progressEveryMs } = this.#limits;
    for (const stream of this.#reporting) {
      const isDue = stream.progressDueMs !== undefined && nowMs >= stream.progressDueMs;
      if (isDue) for (const watcher of stream.watchers()) this.#report(watcher);
      if (isDue || stream.progressDueMs === undefined)
        stream.progressDueMs = nowMs + progressEveryMs * (1 + this.#ports.random() / 10);
    }
  }

  // ---- for the streams ----

  get told(): Revision {
    return this.#told;
  }

  /** How many watchers there are, and how many of them are behind. */
  get counts(): { readonly all: number; readonly behind: number } {
    return { all: this.#watchers, behind: this.#behind.size };
  }

  get isFull(): boolean {
    return this.#watchers >= this.#limits.watchersMax;
  }

  header(revision: Revision): WatchResponse["header"] {
    return this.#ports.header(revision);
  }

  add(watcher: Watcher): void {
    this.#watchers++;
    if (watcher.spec.progress) this.#reporting.add(watcher.stream);
    this.#place(watcher);
  }

  remove(watcher: Watcher): void {
    this.#watchers--;
    this.#interests.leave(watcher);
    this.#behind.delete(watcher);
    this.#waiting.delete(watcher);
  }

  isBehind(watcher: Watcher): boolean {
    return watcher.audience === undefined && !this.#waiting.has(watcher);
  }

  resume(stalled: Iterable<Watcher>): void {
    for (const watcher of stalled) this.#behind.add(watcher);
    this.#ports.wake();
  }

  forget(stream: WatchStream): void {
    this.#streams.delete(stream);
    this.#reporting.delete(stream);
  }

  /**
   * Watchers may have been told events that never were, and their revisions now are other events': no position means anything any more. All
   * are cancelled as if by a compaction, which tells every client of etcd's to read anew and to watch from there on.
   */
  #cancelAll(): void {
    this.#hasRolledBack = false;
    this.#told = this.#ports.store().revision;
    for (const stream of this.#streams) {
      for (const watcher of stream.watchers()) this.#overtake(watcher, this.#told, rolledBackReason);
      stream.reportIfWanted();
    }
    this.#soonest = Infinity;
  }

  // ---- positions ----

  #place(watcher: Watcher): void {
    if (watcher.next <= this.#told) {
      this.#behind.add(watcher);
      this.#ports.wake();
      return;
    }
    if (watcher.next === this.#told + 1) this.#interests.join(watcher);
    else {
      this.#waiting.add(watcher);
      this.#soonest = Math.min(this.#soonest, watcher.next);
    }
    watcher.stream.reportIfWanted();
  }

  #placeAgain(watchers: Iterable<Watcher>): void {
    const all = [...watchers];
    this.#waiting.clear();
    this.#soonest = Infinity;
    for (const watcher of all) this.#place(watcher);
  }

  #tell(changes: Iterable<Version>): void {
    const hearing = this.#interests.hear(changes);
    if (hearing.length === 0) return;
    const encoder = this.#encoder();
    const header = this.#encodedHeader();
    for (const audience of hearing) {
      const responses = encoder.inResponses(audience.heard, audience.spec.prevKv, this.#limits.responseBytes);
      audience.heard = [];
      for (const watcher of audience.watchers) this.#send(watcher, header, responses);
    }
  }

  /** Whoever cannot be sent the next response is behind from there on. */
  #send(watcher: Watcher, header: Buffer, responses: readonly Events[]): void {
    for (const events of responses) {
      if (!watcher.stream.sink.writable) {
        this.#interests.leave(watcher);
        watcher.next = events.revision;
        watcher.stream.stalled.add(watcher);
        return;
      }
      this.#write(watcher, header, events);
    }
  }

  #readOn(watcher: Watcher): void {
    const store = this.#ports.store();
    if (watcher.next < store.compactRevision) {
      this.#overtake(watcher, store.compactRevision);
      watcher.stream.reportIfWanted();
      return;
    }
    const { spec } = watcher;
    const end = endOf(spec);
    const encoder = this.#encoder();
    const events = new Events(watcher.next);
    let read = 0;
    let revision: Revision = 0;
    let next = this.#told + 1;
    for (const version of store.changesFrom(watcher.next)) {
      if (version.modRevision !== revision && (read >= this.#limits.readAtOnce || events.bytes >= this.#limits.responseBytes)) {
        next = version.modRevision;
        break;
      }
      revision = version.modRevision;
      read++;
      if (wants(spec, end, version)) events.add(encoder.encode(version, spec.prevKv));
    }
    if (events.bytes > 0) this.#write(watcher, this.#encodedHeader(), events);
    watcher.next = next;
    this.#place(watcher);
  }

  /** Ends a watcher whose next event cannot be told. */
  #overtake(watcher: Watcher, compactRevision: Revision, cancelReason = ""): void {
    // without a revision, as in etcd
    const header = this.#ports.header(0);
    watcher.stream.drop(watcher);
    watcher.stream.say({ header, watchId: watcher.id, canceled: true, compactRevision, cancelReason });
  }

  // ---- what is said ----

  #write(watcher: Watcher, header: Buffer, events: Events): void {
    const { idBytes, spec } = watcher;
    const { sink } = watcher.stream;
    watcher.isQuiet = false;
    if (!spec.fragment || events.bytes < this.#limits.fragmentBytesMax) {
      sink.write([header, idBytes, events.joined()]);
      return;
    }
    const pieces = events.pieces(this.#limits.fragmentBytesMax);
    for (const [at, piece] of pieces.entries())
      sink.write(at + 1 < pieces.length ? [header, idBytes, continued, ...piece] : [header, idBytes, ...piece]);
  }

  #report(watcher: Watcher): void {
    if (!watcher.spec.progress || watcher.audience === undefined) return;
    if (watcher.isQuiet) watcher.stream.say({ header: this.#ports.header(this.#told), watchId: watcher.id });
    watcher.isQuiet = true;
  }

  #encoder(): EventEncoder {
    return new EventEncoder((version) => this.#ports.store().before(version));
  }

  #encodedHeader(): Buffer {
    return encodeResponse({ header: this.#ports.header(this.#told) });
  }
}

function* upTo(revision: Revision, changes: Iterable<Version>): Generator<Version, void, undefined> {
  for (const version of changes) {
    if (version.modRevision > revision) return;
    yield version;
  }
}
