import type { GrpcStream } from "../io/grpc.js";
import type { Revision } from "../mvcc/key-value.js";
import { encodeResponse } from "./responses.js";
import type { WatchResponse } from "./responses.js";
import { endOf, Watcher } from "./watcher.js";
import type { WatchSpec } from "./watcher.js";

/** Where responses go. Once it is not writable, the stream is to be told when it is again, by {@link WatchStream.drained}. */
export type WatchSink = Pick<GrpcStream, "write" | "writable">;

/** What a stream asks of the hub. */
export interface StreamKeeper {
  /** Up to here all is told to whoever keeps up. */
  readonly told: Revision;
  header(revision: Revision): WatchResponse["header"];
  /** Undefined: there are too many already. */
  readonly isFull: boolean;
  add(watcher: Watcher): void;
  remove(watcher: Watcher): void;
  isBehind(watcher: Watcher): boolean;
  /** What the stream had stalled may go on. */
  resume(stalled: Iterable<Watcher>): void;
  forget(stream: WatchStream): void;
}

const noSuchId = -1n;
/** etcd's words. https://github.com/etcd-io/etcd/blob/release-3.4/mvcc/watcher.go */
const emptyRange = "mvcc: watcher range is empty";
const duplicateId = "mvcc: duplicate watch ID provided on the WatchStream";
const tooMany = "etcdserver: too many requests";

/** The watchers of one client's stream, and what it asks about them. */
export class WatchStream {
  readonly sink: WatchSink;
  readonly #keeper: StreamKeeper;
  readonly #watchers = new Map<bigint, Watcher>();
  /** Watchers that would read on in the log if the sink took more. */
  readonly stalled = new Set<Watcher>();
  #nextId = 0n;
  #wantsProgress = false;
  /** When watchers that want it are told their progress next. */
  progressDueMs: number | undefined;

  constructor(sink: WatchSink, keeper: StreamKeeper) {
    this.sink = sink;
    this.#keeper = keeper;
  }

  watchers(): Iterable<Watcher> {
    return this.#watchers.values();
  }

  /**
   * @param id 0: chosen here.
   * @param mayNot why whoever asks is not to be told of these keys
   */
  create(id: bigint, spec: WatchSpec, mayNot?: string): void {
    const { told } = this.#keeper;
    const header = this.#keeper.header(told);
    const refusal = mayNot ?? this.#refusal(id, spec);
    if (refusal !== undefined) {
      this.say({ header, watchId: noSuchId, created: true, canceled: true, cancelReason: refusal });
      return;
    }
    const watcher = new Watcher(this, id === 0n ? this.#freeId() : id, spec, spec.start === 0 ? told + 1 : spec.start);
    this.#watchers.set(watcher.id, watcher);
    this.say({ header, watchId: watcher.id, created: true });
    this.#keeper.add(watcher);
  }

  /** Says nothing where there is no such watcher. */
  cancel(id: bigint): void {
    const watcher = this.#watchers.get(id);
    if (watcher === undefined) return;
    this.drop(watcher);
    this.say({ header: this.#keeper.header(this.#keeper.told), watchId: id, canceled: true });
    this.reportIfWanted();
  }

  /** Tells how far all watchers are, as soon as all are equally far. */
  progress(): void {
    this.#wantsProgress = true;
    this.reportIfWanted();
  }

  /** The sink takes more. */
  drained(): void {
    if (this.stalled.size === 0) return;
    const stalled = [...this.stalled];
    this.stalled.clear();
    this.#keeper.resume(stalled);
  }

  /** Nothing is to be said any more. */
  close(): void {
    for (const watcher of this.#watchers.values()) this.drop(watcher);
    this.#keeper.forget(this);
  }

  // ---- for the hub ----

  say(response: WatchResponse): void {
    this.sink.write([encodeResponse(response)]);
  }

  drop(watcher: Watcher): void {
    this.#watchers.delete(watcher.id);
    this.stalled.delete(watcher);
    this.#keeper.remove(watcher);
  }

  /** To be asked whenever one of its watchers may have been the last that was behind. */
  reportIfWanted(): void {
    if (!this.#wantsProgress) return;
    for (const watcher of this.#watchers.values()) if (this.#keeper.isBehind(watcher)) return;
    this.#wantsProgress = false;
    this.say({ header: this.#keeper.header(this.#keeper.told), watchId: noSuchId });
  }

  #refusal(id: bigint, spec: WatchSpec): string | undefined {
    if (spec.key >= endOf(spec)) return emptyRange;
    if (this.#watchers.has(id) && id !== 0n) return duplicateId;
    return this.#keeper.isFull ? tooMany : undefined;
  }

  #freeId(): bigint {
    while (this.#watchers.has(this.#nextId)) this.#nextId++;
    return this.#nextId++;
  }
}
