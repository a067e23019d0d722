import type { Copies } from "../copies.js";
import type { Outgoing } from "../messages.js";
import { placeName, type Place, type Storage } from "../storage.js";
import { Departure, type Destination } from "./departure.js";

export interface StraysOptions {
  readonly storage: Storage;
  readonly copies: Copies;
  readonly send: (message: Outgoing) => void;
  readonly newRequest: () => number;
  readonly isReachable: (member: string) => boolean;
  readonly nowMs: () => number;
  readonly whither: Whither;
}

/** Who is to have the copies of a place before they are removed here, one member at least; undefined: they stay. */
export type Whither = (place: Place) => readonly Destination[] | undefined;

/** Places on their way at one time. */
const runningMax = 8;
/** What came to nothing is tried again after this time. */
const retryMs = 1000;

/**
 * Copies that this node should not have any more: of partitions that it has handed over, or of which it does not know how it came by them, and hints for members who
 * own them no more. Each place has a {@link Departure}.
 */
export class Strays {
  readonly #options: StraysOptions;
  /** By place. */
  readonly #running = new Map<string, Departure>();
  readonly #notBeforeMs = new Map<string, number>();

  constructor(options: StraysOptions) {
    this.#options = options;
  }

  isStray(place: Place): boolean {
    return this.#options.whither(place) !== undefined;
  }

  /** Time has passed. */
  tick(): void {
    const { storage, nowMs } = this.#options;
    for (const departure of this.#running.values()) departure.tick();
    this.#settle();
    for (const [name, atMs] of this.#notBeforeMs) if (atMs <= nowMs()) this.#notBeforeMs.delete(name);
    for (const place of storage.places()) {
      if (this.#running.size >= runningMax) return;
      const name = placeName(place);
      if (!this.#running.has(name) && !this.#notBeforeMs.has(name)) this.#begin(name, place);
    }
  }

  /** What a destination holds otherwise of what it was asked. */
  answered(from: string, request: number, missing: readonly number[]): void {
    for (const departure of this.#running.values()) departure.answered(from, request, missing);
    this.#settle();
  }

  /** What became of a write. */
  replied(from: string, request: number, isDurable: boolean): void {
    for (const departure of this.#running.values()) departure.written(from, request, isDurable);
    this.#settle();
  }

  /** Nothing that was asked of this member will be answered. */
  lost(member: string): void {
    for (const departure of this.#running.values()) if (departure.concerns(member)) departure.abandon();
    this.#settle();
  }

  #begin(name: string, place: Place): void {
    const { storage, copies, send, newRequest, isReachable, nowMs, whither } = this.#options;
    const to = whither(place);
    if (to?.every(({ member }) => isReachable(member)) !== true) return;
    const remove = (key: string, objectHash: number): void => {
      // it may be this node's again by now
      if (this.isStray(place)) copies.removeIf(place, key, objectHash);
    };
    const departure = new Departure({ place, to, storage, send, newRequest, nowMs, remove });
    this.#running.set(name, departure);
    departure.start();
  }

  #settle(): void {
    for (const [name, { end }] of this.#running) {
      if (end === undefined) continue;
      this.#running.delete(name);
      if (end === "failed") this.#notBeforeMs.set(name, this.#options.nowMs() + retryMs);
    }
  }
}
