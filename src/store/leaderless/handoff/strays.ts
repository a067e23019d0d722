import type { Copies } from "../copies.js";
import type { Outgoing } from "../messages.js";
import type { Place, Storage } from "../storage.js";
import { keysOf } from "./walk.js";

export interface StraysOptions {
  readonly storage: Storage;
  readonly copies: Copies;
  readonly send: (message: Outgoing) => void;
  readonly newRequest: () => number;
  readonly isReachable: (member: string) => boolean;
  readonly nowMs: () => number;
  readonly whither: Whither;
}

export interface Destination {
  readonly member: string;
  readonly place: Place;
}

/** Where to the copies of a place go, before they are removed here; undefined: they stay. Nowhere: others have them already. */
export type Whither = (place: Place) => readonly Destination[] | undefined;

interface Underway {
  readonly place: Place;
  readonly key: string;
  readonly objectHash: number;
  /** Who has not said that it has it. */
  readonly open: Set<string>;
  readonly endsAtMs: number;
}

/** Keys on their way at one time: clients come first. */
const underwayMax = 32;
/** Keys that are only to be removed, in one tick. */
const removedMax = 500;
const answerTimeoutMs = 5000;

/**
 * Copies that this node should not have any more: of partitions that others own by now, and hints for members who own them no more. Each is removed once
 * everybody who should have it does.
 */
export class Strays {
  readonly #options: StraysOptions;
  readonly #underway = new Map<number, Underway>();

  constructor(options: StraysOptions) {
    this.#options = options;
  }

  isStray(place: Place): boolean {
    return this.#options.whither(place) !== undefined;
  }

  /** Time has passed. */
  tick(): void {
    const { storage, nowMs, whither } = this.#options;
    for (const [request, { endsAtMs }] of this.#underway) if (endsAtMs <= nowMs()) this.#underway.delete(request);
    let room = removedMax;
    for (const place of storage.places()) {
      const to = whither(place);
      if (to === undefined) continue;
      if (to.length === 0) room = this.#removeSome(place, room);
      else this.#sendSome(place, to);
    }
  }

  replied(from: string, request: number, isDurable: boolean): void {
    const underway = this.#underway.get(request);
    if (underway?.open.has(from) !== true) return;
    if (isDurable) underway.open.delete(from);
    if (isDurable && underway.open.size > 0) return;
    this.#underway.delete(request);
    const { place, key, objectHash } = underway;
    // it may be this node's again by now
    if (isDurable && this.isStray(place)) this.#options.copies.removeIf(place, key, objectHash);
  }

  lost(member: string): void {
    for (const [request, { open }] of this.#underway) if (open.has(member)) this.#underway.delete(request);
  }

  #removeSome(place: Place, room: number): number {
    const { storage, copies } = this.#options;
    let left = room;
    for (const [key, objectHash] of keysOf(storage, place)) {
      if (left === 0) return 0;
      left--;
      copies.removeIf(place, key, objectHash);
    }
    return left;
  }

  #sendSome(place: Place, to: readonly Destination[]): void {
    const { storage, isReachable } = this.#options;
    if (this.#underway.size >= underwayMax || !to.every(({ member }) => isReachable(member))) return;
    const sent = new Set([...this.#underway.values()].filter((each) => isSame(each.place, place)).map(({ key }) => key));
    for (const [key, objectHash] of keysOf(storage, place)) {
      if (this.#underway.size >= underwayMax) return;
      if (!sent.has(key)) this.#sendOne(place, key, objectHash, to);
    }
  }

  #sendOne(place: Place, key: string, objectHash: number, to: readonly Destination[]): void {
    const { storage, send, newRequest, nowMs } = this.#options;
    const object = storage.get(place, key);
    if (object === undefined) return;
    const request = newRequest();
    const open = new Set(to.map(({ member }) => member));
    this.#underway.set(request, { place, key, objectHash, open, endsAtMs: nowMs() + answerTimeoutMs });
    for (const { member, place: there } of to) {
      send({ type: "write", to: member, request, place: there, key, object, wanted: "durable" });
    }
  }
}

function isSame(a: Place, b: Place): boolean {
  if (a.kind !== b.kind || a.partition !== b.partition || a.n !== b.n) return false;
  return a.kind === "home" || (b.kind === "hint" && a.member === b.member);
}
