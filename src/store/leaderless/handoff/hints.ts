import { objectHash } from "../merkle/hash.js";
import { segmentCount } from "../merkle/hash-tree.js";
import type { Outgoing } from "../messages.js";
import { placeName, type HintPlace, type Place, type Storage } from "../storage.js";

export interface HintsOptions {
  readonly storage: Storage;
  readonly send: (message: Outgoing) => void;
  readonly newRequest: () => number;
  readonly isReachable: (member: string) => boolean;
  /** Whether the member owns this no more: then others get it, by another way. */
  readonly isStray: (place: Place) => boolean;
  /** Questions of clients that wait for their answers at this node. */
  readonly clientsWaiting: () => number;
  readonly nowMs: () => number;
}

interface Underway {
  readonly place: HintPlace;
  readonly key: string;
  readonly objectHash: number;
  readonly sentAtMs: number;
}

/** How far a walk through a place has come: keys of a segment that are still to be sent, and the segment after it. */
interface Walk {
  readonly keys: string[];
  nextSegment: number;
}

/** Hints on their way at one time, to all owners together. */
const underwayMax = 64;
/** What was not answered for so long is sent again. */
const answerTimeoutMs = 5000;
/** Hints in a second, to all owners together; fewer while many clients wait. Nothing is saved up for longer than one tick takes. */
const perSecond = 5000;
const perSecondBeside = 1000;
const manyClients = 64;
const savedMsMax = 100;
/** Of the objects that go along: an object this large counts as one hint more. */
const bytesEach = 16 * 1024;

/**
 * Brings hints home (Dynamo §4.6): what this node took in an owner's stead goes to the owner once that can be reached, and is removed here when the
 * owner has it on its disk, unless it has changed since. It takes its time, since clients come first. With `hintedHandoff: false`, a mistake, nobody
 * does this: hints stay where they are, and answer for as long as their owners are away.
 */
export class Hints {
  readonly #options: HintsOptions;
  readonly #underway = new Map<number, Underway>();
  /** Names of what is on its way. */
  readonly #sent = new Set<string>();
  readonly #walks = new Map<string, Walk>();
  #allowance = 0;
  #allowedAtMs: number;

  constructor(options: HintsOptions) {
    this.#options = options;
    this.#allowedAtMs = options.nowMs();
  }

  /** Keys that wait for their owners, by owner. */
  waiting(): ReadonlyMap<string, number> {
    const waiting = new Map<string, number>();
    for (const place of this.#options.storage.places()) {
      if (place.kind === "hint") waiting.set(place.member, (waiting.get(place.member) ?? 0) + this.#options.storage.count(place));
    }
    return waiting;
  }

  /** Time has passed, or an owner is back: sends what may be sent. */
  tick(): void {
    const { nowMs, isReachable } = this.#options;
    const lateMs = nowMs() - answerTimeoutMs;
    for (const [request, { place, sentAtMs }] of this.#underway) {
      if (sentAtMs <= lateMs || !isReachable(place.member)) this.#end(request);
    }
    this.#allowMore();
    const places = this.#places();
    const names = new Set(places.map(placeName));
    for (const name of this.#walks.keys()) if (!names.has(name)) this.#walks.delete(name);
    for (const place of places) if (isReachable(place.member)) this.#sendSome(place);
  }

  /** An owner's answer. */
  replied(from: string, request: number, isDurable: boolean): void {
    const sent = this.#underway.get(request);
    if (sent?.place.member !== from) return;
    this.#end(request);
    const { storage } = this.#options;
    const { place, key } = sent;
    const bytes = isDurable ? storage.get(place, key) : undefined;
    if (bytes !== undefined && objectHash(bytes) === sent.objectHash) storage.remove(place, key);
    if (isDurable && this.#options.isReachable(from)) this.#sendSome(place);
  }

  #end(request: number): void {
    const sent = this.#underway.get(request);
    if (sent === undefined) return;
    this.#underway.delete(request);
    this.#sent.delete(sentName(sent.place, sent.key));
  }

  #allowMore(): void {
    const { nowMs, clientsWaiting } = this.#options;
    const rate = clientsWaiting() > manyClients ? perSecondBeside : perSecond;
    const passedMs = Math.min(savedMsMax, Math.max(0, nowMs() - this.#allowedAtMs));
    this.#allowedAtMs = nowMs();
    this.#allowance = Math.min((rate * savedMsMax) / 1000, this.#allowance + (rate * passedMs) / 1000);
  }

  #places(): HintPlace[] {
    return this.#options.storage
      .places()
      .flatMap((place) => (place.kind === "hint" && !this.#options.isStray(place) ? [place] : []));
  }

  #sendSome(place: HintPlace): void {
    while (this.#underway.size < underwayMax && this.#allowance >= 1) {
      const key = this.#nextKey(place);
      if (key === undefined) return;
      if (!this.#sent.has(sentName(place, key))) this.#sendOne(place, key);
    }
  }

  /** Each key of the place once; undefined at the end, and then from the beginning again. */
  #nextKey(place: HintPlace): string | undefined {
    const { storage } = this.#options;
    const name = placeName(place);
    const walk = this.#walks.get(name) ?? { keys: [], nextSegment: 0 };
    this.#walks.set(name, walk);
    const tree = storage.tree(place);
    while (walk.keys.length === 0 && walk.nextSegment < segmentCount) {
      const segment = walk.nextSegment++;
      if (tree.segment(segment) !== 0) for (const [key] of storage.entries(place, segment)) walk.keys.push(key);
    }
    const key = walk.keys.pop();
    if (key === undefined) this.#walks.delete(name);
    return key;
  }

  #sendOne(place: HintPlace, key: string): void {
    const { storage, send, newRequest, nowMs } = this.#options;
    const object = storage.get(place, key);
    if (object === undefined) return;
    const request = newRequest();
    this.#allowance -= 1 + object.length / bytesEach;
    this.#underway.set(request, { place, key, objectHash: objectHash(object), sentAtMs: nowMs() });
    this.#sent.add(sentName(place, key));
    const home = { kind: "home", partition: place.partition, n: place.n } as const;
    send({ type: "write", to: place.member, request, place: home, key, object, wanted: "durable" });
  }
}

function sentName(place: HintPlace, key: string): string {
  return `${placeName(place)}/${key}`;
}
