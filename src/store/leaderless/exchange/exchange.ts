import { fanOut } from "../merkle/hash-tree.js";
import { objectHash } from "../merkle/hash.js";
import type { Place, Storage } from "../storage.js";
import { compareListings, isPage, listKeys, segmentsFrom, type Difference, type Listing } from "./listing.js";
import {
  answerBytes,
  askBytes,
  keysBytesMax,
  objectsMax,
  writeBytes,
  type Entry,
  type ExchangeAnswer,
  type ExchangeAsk,
} from "./messages.js";

/** `same`: nothing differed. `done`: what differed was made equal. `busy`: the other one has no time now. `failed`: it was cut off or did not answer. */
export type ExchangeEnd = "same" | "done" | "busy" | "failed";

export interface ExchangeOptions {
  readonly place: Place;
  readonly storage: Pick<Storage, "tree" | "entries" | "get">;
  readonly nowMs: () => number;
  readonly ask: (ask: ExchangeAsk) => void;
  /** Sends an object to the other one's copy. Returns the number of the request; what comes of it comes to {@link Exchange.written}. */
  readonly write: (key: string, object: Uint8Array) => number;
  /**
   * Merges an object into the own copy, which it puts into the place that is the key's today, and returns what that has become; undefined where
   * `object` is none.
   */
  readonly take: (key: string, object: Uint8Array) => Uint8Array | undefined;
  /** Whether an owner without a copy is left without it: of a deletion that others have forgotten already. */
  readonly isForgotten: (key: string, object: Uint8Array) => boolean;
  /** Takes so many bytes from what background work may do. */
  readonly spend: (bytes: number) => void;
  /** Whether there is something left of that. */
  readonly mayGoOn: () => boolean;
}

/** So few differences may be writes that are on their way, and are looked at again after this time. */
const fewDifferences = 64;
const settleMs = 500;
/** An exchange in which nothing has come for so long has failed. */
const answerTimeoutMs = 5000;

/**
 * Makes two copies of a place equal (Dynamo §4.7), from the side of the owner that began it: compares the trees from the root down, lists the keys of the
 * segments that differ, and of keys that differ brings each side what it lacks. Of the work, nothing but the roots is done twice where there is no
 * difference. A key is repaired only if both sides hold at the end what they held when they were compared, so that a write which has reached only one
 * of them yet is left to itself. Whatever is lost on the way, the next exchange finds.
 */
export class Exchange {
  readonly #options: ExchangeOptions;
  /** Segments that differ and are not compared yet, in order, of the first one from behind {@link #after} on. */
  #segments: readonly number[] = [];
  #after: string | undefined;
  #ours: Listing = { entries: [], areAll: true };
  #asked: ExchangeAsk["type"] = "root";
  /** Branches, of which the segments were asked for. */
  #branches: readonly number[] = [];
  #found: Difference[] = [];
  #foundInAll = 0;
  #hasSettled = false;
  #isComplete = true;
  #batch: Difference[] = [];
  readonly #writing = new Map<number, string>();
  #next: { readonly step: () => void; readonly notBeforeMs: number } | undefined;
  #heardAtMs: number;
  #end: ExchangeEnd | undefined;
  #bytes = 0;
  readonly #repaired = new Set<string>();

  /** Asks for the first answer at once. */
  constructor(options: ExchangeOptions) {
    this.#options = options;
    this.#heardAtMs = options.nowMs();
    this.#ask({ type: "root", root: options.storage.tree(options.place).root() });
  }

  /** Undefined: it goes on. */
  get end(): ExchangeEnd | undefined {
    return this.#end;
  }

  /** Sent and received, for comparing and for repairing. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Keys of which one side at least has something that it had not. */
  get keysRepaired(): number {
    return this.#repaired.size;
  }

  /** Time has passed. */
  tick(): void {
    if (this.#end !== undefined) return;
    const { nowMs, mayGoOn } = this.#options;
    if (this.#next !== undefined) {
      if (this.#next.notBeforeMs > nowMs() || !mayGoOn()) return;
      const { step } = this.#next;
      this.#next = undefined;
      this.#heardAtMs = nowMs();
      step();
    } else if (nowMs() - this.#heardAtMs >= answerTimeoutMs) this.abandon();
  }

  /** Nothing comes of it any more. */
  abandon(): void {
    this.#finish("failed");
  }

  /** What the other one has answered to the last ask. */
  answered(answer: ExchangeAnswer): void {
    if (this.#end !== undefined) return;
    this.#count(answerBytes(answer));
    this.#heardAtMs = this.#options.nowMs();
    if (answer.type === "same" || answer.type === "busy") return this.#finish(answer.type);
    if (answer.type === "branches" && this.#asked === "root") return this.#takeBranches(answer.hashes);
    if (answer.type !== this.#asked) return this.abandon();
    if (answer.type === "segments") return this.#takeSegments(answer.hashes);
    if (answer.type === "keys") return this.#takeKeys(answer);
    if (answer.type === "objects") return this.#takeObjects(answer.objects);
  }

  /** What became of an object that was sent. */
  written(request: number, isDurable: boolean): void {
    const key = this.#writing.get(request);
    if (key === undefined || this.#end !== undefined) return;
    this.#writing.delete(request);
    this.#heardAtMs = this.#options.nowMs();
    if (isDurable) this.#repaired.add(key);
    else this.#isComplete = false;
    if (this.#writing.size === 0) this.#goOn();
  }

  #takeBranches(hashes: readonly number[]): void {
    if (hashes.length !== fanOut) return this.abandon();
    const tree = this.#tree();
    this.#branches = hashes.flatMap((hash, branch) => (tree.branch(branch) === hash ? [] : [branch]));
    if (this.#branches.length === 0) return this.#goOn();
    this.#soon(() => this.#ask({ type: "segments", branches: this.#branches }));
  }

  #takeSegments(hashes: readonly number[]): void {
    const segments = this.#branches.flatMap((branch) => Array.from({ length: fanOut }, (_, at) => branch * fanOut + at));
    if (hashes.length !== segments.length) return this.abandon();
    const tree = this.#tree();
    this.#segments = segments.filter((segment, at) => tree.segment(segment) !== hashes[at]);
    this.#goOn();
  }

  #takeKeys(theirs: Listing): void {
    if (!isPage(theirs, this.#segments, this.#after)) return this.abandon();
    const { differences, upTo } = compareListings(this.#ours, theirs);
    this.#segments = upTo === undefined ? [] : segmentsFrom(this.#segments, upTo);
    this.#after = upTo;
    this.#found.push(...differences);
    this.#foundInAll += differences.length;
    this.#goOn();
  }

  #takeObjects(objects: readonly (Uint8Array | "none" | "changed")[]): void {
    if (objects.length === 0 || objects.length > this.#batch.length) return this.abandon();
    const { storage, place } = this.#options;
    const answered = this.#batch.splice(0, objects.length);
    this.#found.unshift(...this.#batch);
    this.#batch = [];
    for (const [at, difference] of answered.entries()) {
      const theirs = objects[at];
      const ours = storage.get(place, difference.key);
      if (theirs === undefined || theirs === "changed" || hashOf(ours) !== difference.ours) continue;
      if (theirs !== "none") this.#bringOver(difference, ours, theirs);
      else if (ours !== undefined) this.#sendOver(difference.key, ours);
    }
    if (this.#writing.size === 0) this.#goOn();
  }

  /** The other one has something: what both make together is what both get. */
  #bringOver({ key, ours, theirs }: Difference, own: Uint8Array | undefined, object: Uint8Array): void {
    const { take, isForgotten } = this.#options;
    if (own === undefined && isForgotten(key, object)) return;
    const merged = take(key, object);
    if (merged === undefined) return;
    const hash = objectHash(merged);
    if (hash !== ours) this.#repaired.add(key);
    if (hash !== theirs || this.#hasMoved(key)) this.#write(key, merged);
  }

  /** The other one has nothing. */
  #sendOver(key: string, object: Uint8Array): void {
    const { take, isForgotten } = this.#options;
    const merged = isForgotten(key, object) ? undefined : take(key, object);
    if (merged !== undefined) this.#write(key, merged);
  }

  /** Its bucket has another number of owners by now, so it belongs to another place: it goes there on both sides, as they merge it. */
  #hasMoved(key: string): boolean {
    return this.#options.storage.get(this.#options.place, key) === undefined;
  }

  /** Whatever is to be done next: repair, or list further keys. */
  #goOn(): void {
    const isListed = this.#segments.length === 0;
    if (!isListed && this.#found.length < objectsMax) return this.#soon(() => this.#list());
    if (this.#found.length === 0) return this.#finish(this.#isComplete ? "done" : "failed");
    const mayBeOnTheirWay = !this.#hasSettled && this.#foundInAll <= fewDifferences;
    this.#hasSettled = true;
    this.#soon(() => this.#repair(), mayBeOnTheirWay ? settleMs : 0);
  }

  #list(): void {
    const { storage, place } = this.#options;
    this.#ours = listKeys(storage, place, this.#segments, this.#after, keysBytesMax);
    this.#ask({ type: "keys", segments: this.#segments, after: this.#after });
  }

  #repair(): void {
    this.#batch = this.#found.splice(0, objectsMax);
    this.#ask({ type: "objects", keys: this.#batch.map(({ key, theirs }): Entry => [key, theirs]) });
  }

  #write(key: string, object: Uint8Array): void {
    this.#count(writeBytes(key, object));
    this.#writing.set(this.#options.write(key, object), key);
  }

  #ask(ask: ExchangeAsk): void {
    this.#asked = ask.type;
    this.#count(askBytes(ask));
    this.#options.ask(ask);
  }

  /** As soon as background work may go on, but not before so much time has passed. */
  #soon(step: () => void, afterMs = 0): void {
    if (afterMs === 0 && this.#options.mayGoOn()) return step();
    this.#next = { step, notBeforeMs: this.#options.nowMs() + afterMs };
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    this.#options.spend(bytes);
  }

  #finish(end: ExchangeEnd): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    this.#next = undefined;
    if (end === "done" || end === "failed") this.#ask({ type: "end", isComplete: end === "done" });
  }

  #tree(): ReturnType<Storage["tree"]> {
    return this.#options.storage.tree(this.#options.place);
  }
}

function hashOf(bytes: Uint8Array | undefined): number {
  return bytes === undefined ? 0 : objectHash(bytes);
}
