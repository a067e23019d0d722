import { segmentCount } from "../merkle/hash-tree.js";
import type { Outgoing } from "../messages.js";
import type { Place, Storage } from "../storage.js";
import type { HoldsAsk } from "./holdings.js";

/** Who is to have the copies of a place, and in which place of its own. */
export interface Destination {
  readonly member: string;
  readonly place: Place;
}

export interface DepartureOptions {
  readonly place: Place;
  /** One at least. */
  readonly to: readonly Destination[];
  readonly storage: Pick<Storage, "tree" | "entries" | "get">;
  readonly send: (message: Outgoing) => void;
  readonly newRequest: () => number;
  readonly nowMs: () => number;
  /** Removes a copy where it still is what this hash is of. */
  readonly remove: (key: string, objectHash: number) => void;
}

type Entry = readonly [key: string, objectHash: number];

/** What all of them were asked: positions in `ask` that somebody holds otherwise are `missing`. */
interface Comparison {
  readonly request: number;
  readonly ask: HoldsAsk;
  readonly open: Set<string>;
  readonly missing: Set<number>;
}

interface Sent {
  readonly entry: Entry;
  /** Who has not said that it has it. */
  readonly open: Set<string>;
}

/** Keys on their way at one time, and bytes of their objects: clients come first. */
const sentMax = 16;
const sentBytesMax = 512 * 1024;
/** So many bytes of keys are asked for at once, or one key. */
const askedBytesMax = 2 ** 16;
const hashBytes = 8;
/** Keys that are removed in one tick, or those of one segment. */
const removedMax = 500;
const answerTimeoutMs = 5000;

/**
 * The way of one place out of this node. What it is to have elsewhere may have been there and be lost again, so nothing is removed because it once was sent: the
 * destinations are asked what they hold, by segments of the tree first, then by keys of those that differ; what one of them lacks is sent, and each copy is
 * removed once all of them have it on disk. Where they have everything, this takes one question to each of them.
 */
export class Departure {
  readonly #options: DepartureOptions;
  #asked: Comparison | undefined;
  /** Segments that all destinations hold as well, with the hash that they hold. */
  readonly #equal: (readonly [segment: number, hash: number])[] = [];
  /** Of the other segments, what is not compared yet. */
  #unlike: Iterator<Entry, void> | undefined;
  #lacking: Entry[] = [];
  readonly #sent = new Map<number, Sent>();
  #sentBytes = 0;
  #endsAtMs = 0;
  #end: "done" | "failed" | undefined;

  constructor(options: DepartureOptions) {
    this.#options = options;
  }

  /** Asks; a node that is a destination itself answers at once. */
  start(): void {
    const { storage, place } = this.#options;
    const tree = storage.tree(place);
    this.#ask({ type: "segments", hashes: Array.from({ length: segmentCount }, (_, segment) => tree.segment(segment)) });
  }

  /** Undefined: it goes on. `failed`: somebody did not answer, or could not take something. */
  get end(): "done" | "failed" | undefined {
    return this.#end;
  }

  concerns(member: string): boolean {
    return this.#options.to.some((each) => each.member === member);
  }

  /** Time has passed. */
  tick(): void {
    if (this.#end !== undefined) return;
    if (this.#endsAtMs <= this.#options.nowMs()) return this.abandon();
    this.#removeEqual();
    this.#goOn();
  }

  abandon(): void {
    this.#end ??= "failed";
  }

  /** One of them has answered what it holds otherwise of what it was asked last. */
  answered(from: string, request: number, missing: readonly number[]): void {
    const asked = this.#asked;
    if (this.#end !== undefined || asked?.request !== request || !asked.open.delete(from)) return;
    for (const position of missing) asked.missing.add(position);
    if (asked.open.size > 0) return;
    this.#asked = undefined;
    if (asked.ask.type === "segments") this.#takeSegments(asked.ask.hashes, asked.missing);
    else this.#takeKeys(asked.ask.entries, asked.missing);
    this.#goOn();
  }

  /** What became of something that was sent. */
  written(from: string, request: number, isDurable: boolean): void {
    const sent = this.#sent.get(request);
    if (this.#end !== undefined || sent?.open.delete(from) !== true) return;
    if (!isDurable) return this.abandon();
    if (sent.open.size > 0) return;
    this.#sent.delete(request);
    this.#options.remove(...sent.entry);
    if (this.#sent.size === 0) this.#sentBytes = 0;
    this.#goOn();
  }

  #takeSegments(hashes: readonly number[], missing: ReadonlySet<number>): void {
    const held = hashes.flatMap((hash, segment) => (hash === 0 ? [] : [[segment, hash] as const]));
    this.#equal.push(...held.filter(([segment]) => !missing.has(segment)));
    this.#unlike = this.#entriesOf(held.flatMap(([segment]) => (missing.has(segment) ? [segment] : [])));
  }

  #takeKeys(entries: readonly Entry[], missing: ReadonlySet<number>): void {
    for (const [position, entry] of entries.entries()) {
      if (missing.has(position)) this.#lacking.push(entry);
      else this.#options.remove(...entry);
    }
  }

  /** What has changed since it was compared stays, for the next departure. */
  #removeEqual(): void {
    const { storage, place, remove } = this.#options;
    for (let left = removedMax; left > 0;) {
      const [segment, hash] = this.#equal.pop() ?? [];
      if (segment === undefined) return;
      if (storage.tree(place).segment(segment) !== hash) continue;
      for (const entry of Array.from(storage.entries(place, segment))) {
        remove(...entry);
        left--;
      }
    }
  }

  /** Whatever is to be done next: send what is lacking, compare further keys, or wait. */
  #goOn(): void {
    while (this.#sent.size < sentMax && this.#sentBytes < sentBytesMax) {
      const entry = this.#lacking.pop();
      if (entry === undefined) break;
      this.#send(entry);
    }
    if (this.#asked !== undefined || this.#sent.size > 0) return;
    const entries = this.#nextEntries();
    if (entries.length > 0) this.#ask({ type: "keys", entries });
    else if (this.#equal.length === 0) this.#end = "done";
    else this.#wait();
  }

  #nextEntries(): Entry[] {
    const entries: Entry[] = [];
    for (let bytes = 0; bytes < askedBytesMax;) {
      const entry = this.#unlike?.next().value;
      if (entry === undefined) break;
      entries.push(entry);
      bytes += entry[0].length + hashBytes;
    }
    return entries;
  }

  *#entriesOf(segments: readonly number[]): Generator<Entry, void> {
    const { storage, place } = this.#options;
    for (const segment of segments) yield* Array.from(storage.entries(place, segment));
  }

  #ask(ask: HoldsAsk): void {
    const { to, send, newRequest } = this.#options;
    const request = newRequest();
    this.#asked = { request, ask, open: new Set(to.map(({ member }) => member)), missing: new Set() };
    this.#wait();
    for (const { member, place } of to) send({ type: "holds", to: member, request, place, ask });
  }

  #send(entry: Entry): void {
    const { place, to, storage, send, newRequest } = this.#options;
    const [key] = entry;
    const object = storage.get(place, key);
    if (object === undefined) return;
    const request = newRequest();
    this.#sent.set(request, { entry, open: new Set(to.map(({ member }) => member)) });
    this.#sentBytes += object.length;
    this.#wait();
    for (const { member, place: there } of to) {
      send({ type: "write", to: member, request, place: there, key, object, wanted: "durable" });
    }
  }

  #wait(): void {
    this.#endsAtMs = this.#options.nowMs() + answerTimeoutMs;
  }
}
