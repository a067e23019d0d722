import type { Prng } from "../core/prng.js";
import type { MemberId } from "../store/raft/types.js";
import { decode } from "../store/wire/decode.js";
import { rpcs } from "../store/wire/rpcs.js";
import type { WatchSink, WatchStream } from "../store/watch/watch-stream.js";
import { describeEvent, type EventHistory } from "./event-history.js";
import { BrokenInvariant } from "./broken-invariant.js";
import type { SimNode } from "./node.js";
import type { Timeline } from "./timeline.js";
import type { Trace } from "./trace.js";

export interface WatcherOptions {
  readonly watchers: number;
  /** How long one stays with a node, at most, ms; then it goes on at another one. */
  readonly stayMsMax: number;
  /** Chance that after a response a watcher takes nothing more for a while. */
  readonly slowProbability: number;
}

/** A range of keys that is watched; an empty end is one key. */
interface Watched {
  readonly key: string;
  readonly rangeEnd: string;
}

/** Asked after each response: undefined, or what says when more is taken again. */
type Blocks = () => ((over: () => void) => void) | undefined;

const slowMsMax = 60;
const awayMsMax = 50;

/** Watchers that go from node to node, each at the revision after the last it was told, and must be told exactly what has happened. */
export class Watchers {
  readonly #timeline: Timeline;
  readonly #prng: Prng;
  readonly #watchers: readonly SimWatcher[];
  readonly #nodes: ReadonlyMap<MemberId, SimNode>;
  readonly #options: WatcherOptions;
  /** Where those may be, now that everything is healed, who want to be told the rest. */
  #healthy: (() => readonly SimNode[]) | undefined;

  constructor(
    timeline: Timeline,
    prng: Prng,
    trace: Trace,
    options: WatcherOptions,
    nodes: ReadonlyMap<MemberId, SimNode>,
    history: EventHistory,
  ) {
    this.#timeline = timeline;
    this.#prng = prng;
    this.#nodes = nodes;
    this.#options = options;
    this.#watchers = Array.from({ length: options.watchers }, (_, i) => {
      const watched = prng.pick([all, all, { key: "x", rangeEnd: "" }, { key: "leased/", rangeEnd: "leased0" }]);
      return new SimWatcher(`w${i + 1}`, watched, history, trace, () => this.#blocks());
    });
  }

  start(): void {
    for (const watcher of this.#watchers) this.#visit(watcher, 0);
  }

  /** Nothing more goes wrong: from here on everyone goes to one of these and stays there, to be told everything by it. */
  stayAt(healthy: () => readonly SimNode[]): void {
    this.#healthy = healthy;
  }

  /** Events told to all of them. */
  get told(): number {
    return this.#watchers.reduce((sum, { told }) => sum + told, 0);
  }

  /** Reconnections that went on after something. */
  get resumed(): number {
    return this.#watchers.reduce((sum, { resumed }) => sum + resumed, 0);
  }

  /** Whether all have been told everything that there is. */
  areUpToDate(): boolean {
    return this.#watchers.every((watcher) => watcher.isUpToDate());
  }

  describe(): string {
    return this.#watchers
      .filter((watcher) => !watcher.isUpToDate())
      .map((watcher) => watcher.describe())
      .join("; ");
  }

  #visit(watcher: SimWatcher, afterMs: number): void {
    this.#timeline.after(afterMs, () => {
      const isAtHome = this.#healthy !== undefined && this.#healthy().some((node) => watcher.isAt(node));
      if (!isAtHome) this.#move(watcher);
      const stayMs = this.#healthy === undefined ? this.#prng.next() * this.#options.stayMsMax : 0;
      this.#visit(watcher, stayMs + this.#prng.next() * awayMsMax);
    });
  }

  #move(watcher: SimWatcher): void {
    watcher.leave();
    const nodes = this.#healthy?.() ?? [...this.#nodes.values()];
    if (nodes.length > 0) watcher.join(this.#prng.pick(nodes));
  }

  /** After each response: for how long nothing more is taken, and whom to tell then; undefined: not at all. */
  #blocks(): ((over: () => void) => void) | undefined {
    if (!this.#prng.chance(this.#options.slowProbability)) return undefined;
    return (over) => this.#timeline.after(this.#prng.next() * slowMsMax, over);
  }
}

const everything = { noPut: false, noDelete: false, prevKv: false, progress: false, fragment: false };
const all: Watched = { key: "\0", rangeEnd: "\0" };

class SimWatcher {
  readonly #name: string;
  readonly #watched: Watched;
  readonly #history: EventHistory;
  readonly #trace: Trace;
  readonly #blocks: Blocks;
  /** The first revision that it was not told of yet, as far as it knows. */
  #next = 2;
  /** In the history: what it is to be told next, or comes before that and is not for it. */
  #place = 0;
  #stream: WatchStream | undefined;
  #node: SimNode | undefined;
  #life = 0;
  told = 0;
  resumed = 0;

  constructor(name: string, watched: Watched, history: EventHistory, trace: Trace, blocks: Blocks) {
    this.#name = name;
    this.#watched = watched;
    this.#history = history;
    this.#trace = trace;
    this.#blocks = blocks;
  }

  /** Whether it watches in this life of the node. */
  isAt(node: SimNode): boolean {
    return this.#node === node && node.isUp && node.lives === this.#life;
  }

  /** A node that is down refuses. */
  join(node: SimNode): void {
    const sink = new SimSink(this.#blocks, (parts) => this.#hear(Buffer.concat(parts)));
    const stream = node.watch(sink);
    if (stream === undefined) return;
    sink.onDrain = () => stream.drained();
    this.#stream = stream;
    this.#node = node;
    this.#life = node.lives;
    if (this.told > 0) this.resumed++;
    this.#trace.note(() => `${this.#name} watches n${node.id} from revision ${this.#next}`);
    stream.create(0n, { ...everything, ...this.#watched, start: this.#next });
  }

  leave(): void {
    this.#stream?.close();
    this.#stream = undefined;
    this.#node = undefined;
  }

  isUpToDate(): boolean {
    return this.#peek() === undefined;
  }

  describe(): string {
    return `${this.#name} at n${this.#node?.id} was not told ${this.#peek()}, and asked from revision ${this.#next} on`;
  }

  #hear(response: Buffer): void {
    const { events, canceled } = decode(rpcs.watch.watch.output, response);
    if (canceled) throw new BrokenInvariant("watchers are told", `${this.#name} is told no more`);
    for (const { kv, type } of events) {
      if (kv === undefined) continue;
      const { text } = describeEvent({ ...kv, deleted: type === 1 });
      const expected = this.#peek();
      if (text !== expected)
        throw new BrokenInvariant(
          "watchers are told",
          `${this.#name} at n${this.#node?.id} is told ${text}, and not ${expected}`,
        );
      this.#place++;
      this.told++;
      this.#next = kv.modRevision + 1;
    }
  }

  #peek(): string | undefined {
    const { events } = this.#history;
    for (let event = events[this.#place]; event !== undefined; event = events[++this.#place])
      if (this.#wants(event.key)) return event.text;
    return undefined;
  }

  #wants(key: string): boolean {
    const { key: begin, rangeEnd } = this.#watched;
    if (rangeEnd === "") return key === begin;
    return key >= begin && (rangeEnd === "\0" || key < rangeEnd);
  }
}

/** A connection that takes what it is given, and sometimes nothing more for a while. */
class SimSink implements WatchSink {
  writable = true;
  onDrain: () => void = () => undefined;
  readonly #blocks: Blocks;
  readonly #hear: (parts: readonly Buffer[]) => void;

  constructor(blocks: Blocks, hear: (parts: readonly Buffer[]) => void) {
    this.#blocks = blocks;
    this.#hear = hear;
  }

  write(parts: readonly Buffer[]): boolean {
    this.#hear(parts);
    const blocked = this.#blocks();
    if (blocked === undefined || !this.writable) return this.writable;
    this.writable = false;
    blocked(() => {
      this.writable = true;
      this.onDrain();
    });
    return false;
  }
}
