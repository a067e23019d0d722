import { objectHash } from "../merkle/hash.js";
import { segmentCount } from "../merkle/hash-tree.js";
import type { Outgoing } from "../messages.js";
import type { Place, Storage } from "../storage.js";

export interface HintsOptions {
  readonly storage: Storage;
  readonly send: (message: Outgoing) => void;
  readonly newRequest: () => number;
  readonly isReachable: (member: string) => boolean;
  /** Whether the member owns this no more: then others get it, by another way. */
  readonly isStray: (place: Place) => boolean;
  readonly nowMs: () => number;
}

type HintPlace = Extract<Place, { readonly kind: "hint" }>;

interface Underway {
  readonly place: HintPlace;
  readonly key: string;
  readonly objectHash: number;
  readonly sentAtMs: number;
}

/** Hints on their way at one time, to all owners together: clients come first. */
const underwayMax = 32;
/** What was not answered for so long is sent again. */
const answerTimeoutMs = 5000;

/**
 * Brings hints home (Dynamo §4.6): what this node took in an owner's stead goes to the owner once that can be reached, and is removed here when the
 * owner has it on its disk, unless it has changed since.
 */
export class Hints {
  readonly #options: HintsOptions;
  readonly #underway = new Map<number, Underway>();

  constructor(options: HintsOptions) {
    this.#options = options;
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
      if (sentAtMs <= lateMs || !isReachable(place.member)) this.#underway.delete(request);
    }
    for (const place of this.#places()) if (isReachable(place.member)) this.#sendSome(place);
  }

  /** An owner's answer. */
  replied(from: string, request: number, isDurable: boolean): void {
    const sent = this.#underway.get(request);
    if (sent?.place.member !== from) return;
    this.#underway.delete(request);
    const { storage } = this.#options;
    const { place, key } = sent;
    const bytes = isDurable ? storage.get(place, key) : undefined;
    if (bytes !== undefined && objectHash(bytes) === sent.objectHash) storage.remove(place, key);
    if (this.#options.isReachable(from)) this.#sendSome(place);
  }

  #places(): HintPlace[] {
    return this.#options.storage
      .places()
      .flatMap((place) => (place.kind === "hint" && !this.#options.isStray(place) ? [place] : []));
  }

  #sendSome(place: HintPlace): void {
    const { storage } = this.#options;
    const tree = storage.tree(place);
    const sent = new Set([...this.#underway.values()].filter((each) => each.place.member === place.member).map(({ key }) => key));
    for (let segment = 0; segment < segmentCount && this.#underway.size < underwayMax; segment++) {
      if (tree.segment(segment) === 0) continue;
      for (const [key] of storage.entries(place, segment)) {
        if (this.#underway.size >= underwayMax) return;
        if (!sent.has(key)) this.#sendOne(place, key);
      }
    }
  }

  #sendOne(place: HintPlace, key: string): void {
    const { storage, send, newRequest, nowMs } = this.#options;
    const object = storage.get(place, key);
    if (object === undefined) return;
    const request = newRequest();
    this.#underway.set(request, { place, key, objectHash: objectHash(object), sentAtMs: nowMs() });
    const home = { kind: "home", partition: place.partition, n: place.n } as const;
    send({ type: "write", to: place.member, request, place: home, key, object, wanted: "durable" });
  }
}
