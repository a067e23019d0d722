import { invariant } from "../core/invariant.js";

/**
 * Many streams, one story: a k-way merge on the engine's stamp that never waits for long.
 *
 * A record may leave when no stream can still bring an earlier one. A stream that is *catching up* (its past is being read)
 * is waited for without limit, because it will either speak or end. A *live* stream that says nothing could be waited for
 * forever, so every record leaves at the latest `holdBackMs` after it arrived, and whatever turns up too late for its
 * place is shown at once, marked late. The clock is the caller's.
 *
 * Holds, for any order of calls:
 * - a stream's records leave in the order they came;
 * - stamps never step back in what leaves, except for what is marked late;
 * - with every stream catching up until it is closed, the outcome is the stable sort by stamp.
 */
export class Merger<T extends Stamped> {
  readonly #holdBackMs: number;
  readonly #markLate: (item: T) => T;
  readonly #streams = new Map<string, Stream<T>>();
  /** Streams that hold something, as a heap: the one whose head is to leave first comes first. */
  readonly #heap: Stream<T>[] = [];
  /** Streams that hold nothing and may still speak. */
  readonly #silent = { "catching-up": 0, live: 0 };
  #opened = 0;
  #late: T[] = [];
  #lastTs = "";

  constructor(holdBackMs: number, markLate: (item: T) => T) {
    this.#holdBackMs = holdBackMs;
    this.#markLate = markLate;
  }

  /** Adds a stream, catching up. Equal stamps leave in the order in which their streams were opened. */
  open(key: string): void {
    invariant(!this.#streams.has(key), `stream ${key} is opened once`);
    this.#streams.set(key, {
      rank: this.#opened++,
      phase: "catching-up",
      held: [],
      at: 0,
      count: 0,
      head: undefined,
      lastTs: "",
    });
    this.#silent["catching-up"] += 1;
  }

  /** The stream's past has been read: from now on it is waited for within the window only. */
  goLive(key: string): void {
    this.#enter(this.#stream(key), "live");
  }

  /** Nothing more will come; what is held still leaves in its place. */
  close(key: string): void {
    this.#enter(this.#stream(key), "closed");
    this.#streams.delete(key);
  }

  /** Takes the stream's next items, whose stamps must not be before the stream's last one. */
  push(key: string, items: readonly T[], nowMs: number): void {
    const stream = this.#stream(key);
    const held: T[] = [];
    for (const item of items) {
      invariant(item.ts >= stream.lastTs, `stream ${key} does not step back`);
      stream.lastTs = item.ts;
      if (item.ts < this.#lastTs) this.#late.push(this.#markLate(item));
      else held.push(item);
    }
    const [head] = held;
    if (head === undefined) return;
    stream.held.push({ items: held, dueMs: nowMs + this.#holdBackMs });
    stream.count += held.length;
    if (stream.head !== undefined) return;
    this.#count(stream, -1);
    stream.head = head;
    this.#heap.push(stream);
    this.#up(this.#heap.length - 1);
  }

  /** How many items of the stream are held. */
  held(key: string): number {
    return this.#stream(key).count;
  }

  /** What may leave now, in order, and at most so many beside those that are late. */
  release(nowMs: number, most = Infinity): T[] {
    const out = this.#late;
    this.#late = [];
    for (let left = most; left > 0 && this.#heap.length > 0; left--) {
      if (this.#silent["catching-up"] > 0) break;
      if (this.#silent.live > 0 && this.#firstDueMs() > nowMs) break;
      out.push(this.#take());
    }
    return out;
  }

  /** When {@link release} will have something if nothing else happens; undefined: not before something does. */
  dueMs(): number | undefined {
    if (this.#late.length > 0) return -Infinity;
    if (this.#heap.length === 0 || this.#silent["catching-up"] > 0) return undefined;
    return this.#silent.live > 0 ? this.#firstDueMs() : -Infinity;
  }

  /** Everything that is held, in order, whoever might still speak. */
  flush(): T[] {
    const out = this.#late;
    this.#late = [];
    while (this.#heap.length > 0) out.push(this.#take());
    return out;
  }

  #enter(stream: Stream<T>, phase: Stream<T>["phase"]): void {
    if (stream.head === undefined) this.#count(stream, -1);
    stream.phase = phase;
    if (stream.head === undefined) this.#count(stream, 1);
  }

  #count({ phase }: Stream<T>, change: 1 | -1): void {
    if (phase !== "closed") this.#silent[phase] += change;
  }

  /** When the first of all heads has waited long enough. */
  #firstDueMs(): number {
    let first = Infinity;
    for (const { held } of this.#heap) first = Math.min(first, held[0]?.dueMs ?? Infinity);
    return first;
  }

  /** Takes the first item off the first stream. */
  #take(): T {
    const [stream] = this.#heap;
    const item = stream?.head;
    invariant(stream !== undefined && item !== undefined, "something is held");
    this.#lastTs = item.ts;
    stream.count -= 1;
    stream.at += 1;
    if (stream.at === stream.held[0]?.items.length) {
      stream.held.shift();
      stream.at = 0;
    }
    stream.head = stream.held[0]?.items[stream.at];
    if (stream.head === undefined) {
      const last = this.#heap.pop();
      if (last !== undefined && last !== stream) this.#heap[0] = last;
      this.#count(stream, 1);
    }
    this.#down();
    return item;
  }

  #up(from: number): void {
    for (let at = from; at > 0;) {
      const above = (at - 1) >>> 1;
      if (!this.#swapIfBefore(at, above)) return;
      at = above;
    }
  }

  #down(): void {
    for (let at = 0; ;) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      const lower = right < this.#heap.length && this.#isBefore(right, left) ? right : left;
      if (lower >= this.#heap.length || !this.#swapIfBefore(lower, at)) return;
      at = lower;
    }
  }

  #swapIfBefore(a: number, b: number): boolean {
    if (!this.#isBefore(a, b)) return false;
    [this.#heap[a], this.#heap[b]] = [this.#heap[b] as Stream<T>, this.#heap[a] as Stream<T>];
    return true;
  }

  #isBefore(a: number, b: number): boolean {
    const [one, other] = [this.#heap[a] as Stream<T>, this.#heap[b] as Stream<T>];
    const [ts, otherTs] = [one.head?.ts ?? "", other.head?.ts ?? ""];
    return ts === otherTs ? one.rank < other.rank : ts < otherTs;
  }

  #stream(key: string): Stream<T> {
    const stream = this.#streams.get(key);
    invariant(stream !== undefined, `stream ${key} is open`);
    return stream;
  }
}

/** What is merged: stamps compare as texts. */
interface Stamped {
  readonly ts: string;
}

interface Stream<T> {
  /** Streams opened earlier have a smaller one. */
  readonly rank: number;
  phase: "catching-up" | "live" | "closed";
  /** What came together is due together. */
  readonly held: { readonly items: readonly T[]; readonly dueMs: number }[];
  /** Of the first batch, the first item that has not left. */
  at: number;
  count: number;
  /** That item; undefined where nothing is held. */
  head: T | undefined;
  lastTs: string;
}
