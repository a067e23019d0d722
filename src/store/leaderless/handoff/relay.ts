import type { Outgoing } from "../messages.js";
import type { Place } from "../storage.js";

export interface RelayOptions {
  readonly send: (message: Outgoing) => void;
  readonly newRequest: () => number;
  readonly isReachable: (member: string) => boolean;
  readonly nowMs: () => number;
}

interface Passed {
  /** Who has not answered. */
  readonly open: Set<string>;
  readonly found: Uint8Array[];
  readonly endsAtMs: number;
  /** Undefined: somebody did not answer, or could not do it. */
  readonly done: (found: readonly Uint8Array[] | undefined) => void;
}

/** Requests that wait for an answer at one time. */
const passedMax = 4096;
/** Whoever asked asks others meanwhile. */
const answerTimeoutMs = 5000;

/**
 * Passes requests for what this node has handed over on to those who have it now. Who of them is silent for a while, and so is not asked anything new, may answer all
 * the same: whoever asked this node has its own patience, and others to ask.
 */
export class Relay {
  readonly #options: RelayOptions;
  readonly #passed = new Map<number, Passed>();

  constructor(options: RelayOptions) {
    this.#options = options;
  }

  /** `done` is told the copies of all of `to`: of those that have one. */
  read(place: Place, key: string, to: readonly string[], done: Passed["done"]): void {
    this.#pass(to, done, (member, request) => ({ type: "read", to: member, request, place, key, wants: "object" }));
  }

  /** `done` is told once all of `to` have it on disk. */
  write(place: Place, key: string, object: Uint8Array, to: readonly string[], done: (isDurable: boolean) => void): void {
    this.#pass(
      to,
      (found) => done(found !== undefined),
      (member, request) => ({ type: "write", to: member, request, place, key, object, wanted: "durable" }),
    );
  }

  /** An answer. `object`: the copy of who was asked for one, where it has one. */
  replied(from: string, request: number, isOk: boolean, object?: Uint8Array): void {
    const passed = this.#passed.get(request);
    if (passed?.open.delete(from) !== true) return;
    if (object !== undefined) passed.found.push(object);
    if (isOk && passed.open.size > 0) return;
    this.#passed.delete(request);
    passed.done(isOk ? passed.found : undefined);
  }

  /** Time has passed. */
  tick(): void {
    const nowMs = this.#options.nowMs();
    for (const [request, { endsAtMs, done }] of this.#passed) {
      // they are in the order in which they end
      if (endsAtMs > nowMs) return;
      this.#passed.delete(request);
      done(undefined);
    }
  }

  #pass(to: readonly string[], done: Passed["done"], messageTo: (member: string, request: number) => Outgoing): void {
    const { send, newRequest, isReachable, nowMs } = this.#options;
    if (this.#passed.size >= passedMax || !to.every(isReachable)) return done(undefined);
    const request = newRequest();
    this.#passed.set(request, { open: new Set(to), found: [], endsAtMs: nowMs() + answerTimeoutMs, done });
    for (const member of to) send(messageTo(member, request));
  }
}
