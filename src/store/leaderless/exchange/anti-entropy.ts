import type { Prng } from "../../../core/prng.js";
import type { Outgoing } from "../messages.js";
import { decodeObject } from "../objects/object-codec.js";
import { isDeleted } from "../objects/stored-object.js";
import { isHome, placeName, type HomePlace, type Place, type Storage } from "../storage.js";
import { MalformedBytes } from "../versions/binary.js";
import { answerTo } from "./answering.js";
import { Budget } from "./budget.js";
import { Exchange } from "./exchange.js";
import { Graves } from "./graves.js";
import { Locks } from "./locks.js";
import { answerBytes, type ExchangeAnswer, type ExchangeAsk } from "./messages.js";
import type { Owned, Pair } from "./places.js";
import { Rebuild } from "./rebuild.js";
import { Schedule, type ExchangeLag } from "./schedule.js";

export interface AntiEntropyOptions {
  readonly storage: Storage;
  readonly prng: Prng;
  readonly nowMs: () => number;
  readonly send: (message: Outgoing) => void;
  /** A number for what is asked of others, new in the lives of all nodes. */
  readonly newRequest: () => number;
  readonly isReachable: (member: string) => boolean;
  readonly ownedPlaces: () => Owned;
  /** Clients of this node that wait for an answer. */
  readonly clientsWaiting: () => number;
  /** Merges an object into the own copy, and returns what that has become; undefined where it is none. */
  readonly take: (place: HomePlace, key: string, object: Uint8Array) => Uint8Array | undefined;
  /** Reads a key from all of its owners, who forget it where all of them hold the same deletion or nothing. */
  readonly look: (place: HomePlace, key: string) => void;
  /** Whether deletions of the place may be forgotten now. */
  readonly mayForget: (place: HomePlace) => boolean;
  /** Whether deletions are kept for good: then they are copied as everything else. */
  readonly keepsDeletions: boolean;
  readonly tell: (event: ExchangedEvent) => void;
  /** Each two owners of a place compare it once in this time at least. */
  readonly intervalMs?: number | undefined;
  /** All copies on the disk are read once in this time. */
  readonly rebuildIntervalMs?: number | undefined;
}

/** An exchange has repaired something. */
export interface ExchangedEvent {
  readonly type: "exchanged";
  readonly place: HomePlace;
  readonly with: string;
  readonly keys: number;
  readonly bytes: number;
  readonly ms: number;
}

/** What exchanges that this node has driven came to, in this life. */
export interface Exchanged {
  /** Those that ended with two equal copies. */
  readonly exchanges: number;
  readonly keysRepaired: number;
  /** Sent and received, for comparing and for repairing. */
  readonly bytes: number;
}

interface Running extends Pair {
  readonly exchange: Exchange;
  readonly beganMs: number;
  /** The last ask, whose answer is waited for. */
  request: number;
}

const intervalMsDefault = 15_000;
const rebuildIntervalMsDefault = 4 * 3_600_000;
/** As Riak's `anti_entropy.concurrency_limit`: exchanges that a node drives at one time, and besides, those it takes part in. */
const exchangesMax = 2;
/** How often it is asked anew what this node owns. */
const surveyMs = 1000;

/**
 * Active anti-entropy (Dynamo §4.7, Riak's AAE): finds and repairs what owners of a place have of it otherwise, also of keys that nobody reads. Each node
 * compares its places with their other owners, one after the other; a place is exchanged with one of them at a time, so that what it lacks comes once.
 */
export class AntiEntropy {
  readonly #options: AntiEntropyOptions;
  readonly #schedule: Schedule;
  readonly #budget: Budget;
  readonly #graves: Graves;
  readonly #rebuild: Rebuild;
  /** Places that others are exchanging with this node. */
  readonly #locks: Locks;
  /** By {@link placeName}. */
  readonly #running = new Map<string, Running>();
  #owned: Owned = { pairs: [], turns: new Map() };
  #surveyAtMs = 0;
  #exchanged: Exchanged = { exchanges: 0, keysRepaired: 0, bytes: 0 };

  constructor(options: AntiEntropyOptions) {
    const { storage, prng, nowMs, look, mayForget } = options;
    const { intervalMs = intervalMsDefault, rebuildIntervalMs = rebuildIntervalMsDefault } = options;
    this.#options = options;
    this.#budget = new Budget(nowMs());
    this.#locks = new Locks(exchangesMax, nowMs);
    this.#schedule = new Schedule({ prng, nowMs, intervalMs, isEmpty: (place) => storage.count(place) === 0 });
    this.#graves = new Graves({
      nowMs,
      look,
      mayForget,
      isDeleted: (place, key) => isDeletion(storage.get(place, key)),
      turnOf: (place) => this.#owned.turns.get(placeName(place)),
    });
    this.#rebuild = new Rebuild({
      storage,
      nowMs,
      intervalMs: rebuildIntervalMs,
      onRead: (place, key, object) => void (isDeletion(object) && this.deleted(place, key)),
      onLost: (place) => this.damaged(place),
    });
    this.#survey();
  }

  get exchanged(): Exchanged {
    return this.#exchanged;
  }

  /** Of each place with each other owner. */
  get lags(): readonly ExchangeLag[] {
    return this.#schedule.lags();
  }

  tick(): void {
    const { nowMs, clientsWaiting } = this.#options;
    this.#budget.fill(nowMs(), clientsWaiting());
    if (nowMs() >= this.#surveyAtMs) this.#survey();
    for (const running of this.#running.values()) {
      running.exchange.tick();
      this.#settle(running);
    }
    this.#beginDue();
    this.#graves.tick(() => this.#budget.isLeft);
    this.#rebuild.tick();
  }

  /** This member can be reached again: what it has missed, or only it has, is exchanged soon. */
  back(member: string): void {
    this.#schedule.soon((pair) => pair.member === member);
  }

  /** This member cannot be reached. */
  lost(member: string): void {
    for (const running of this.#running.values()) {
      if (running.member === member) running.exchange.abandon();
      this.#settle(running);
    }
  }

  /** Something of the place is gone from the disk. */
  damaged(place: Place): void {
    if (isHome(place)) this.#schedule.soon((pair) => placeName(pair.place) === placeName(place));
  }

  /** This node holds a deletion. */
  deleted(place: Place, key: string): void {
    if (isHome(place) && !this.#options.keepsDeletions) this.#graves.notice(place, key);
  }

  /** Another owner exchanges a place with this one. */
  asked(from: string, request: number, place: Place, ask: ExchangeAsk): void {
    if (!isHome(place)) return;
    if (ask.type === "end") {
      this.#locks.release(placeName(place), from);
      if (ask.isComplete) this.#schedule.completed({ place, member: from });
      return;
    }
    const answer = this.#answerTo(from, place, ask);
    if (answer === undefined) return;
    this.#budget.spend(answerBytes(answer));
    this.#options.send({ type: "exchangeReply", to: from, request, answer });
  }

  /** The answer to what this node has asked last in an exchange. */
  answered(from: string, request: number, answer: ExchangeAnswer): void {
    for (const running of this.#running.values()) {
      if (running.member !== from || running.request !== request) continue;
      running.exchange.answered(answer);
      this.#settle(running);
    }
    this.#beginDue();
  }

  /** What became of a write, which may be one of an exchange. */
  written(from: string, request: number, isDurable: boolean): void {
    for (const running of this.#running.values()) {
      if (running.member !== from) continue;
      running.exchange.written(request, isDurable);
      this.#settle(running);
    }
  }

  #survey(): void {
    const { nowMs, ownedPlaces } = this.#options;
    this.#surveyAtMs = nowMs() + surveyMs;
    this.#owned = ownedPlaces();
    this.#schedule.set(this.#owned.pairs);
  }

  #answerTo(from: string, place: HomePlace, ask: Exclude<ExchangeAsk, { type: "end" }>): ExchangeAnswer | undefined {
    const name = placeName(place);
    const { storage } = this.#options;
    if (ask.type === "root" && ask.root === storage.tree(place).root()) {
      this.#schedule.completed({ place, member: from });
      return { type: "same" };
    }
    if (this.#running.has(name) || !this.#locks.take(name, from)) return { type: "busy" };
    const answer = answerTo(ask, place, storage);
    if (answer?.type === "objects" && ask.type === "objects" && !this.#options.keepsDeletions) {
      // whoever asks for a deletion has none: it may have forgotten it
      answer.objects.forEach((object, at) => {
        if (typeof object !== "string" && isDeletion(object)) this.deleted(place, ask.keys[at]?.[0] ?? "");
      });
    }
    return answer;
  }

  #beginDue(): void {
    if (this.#running.size >= exchangesMax || !this.#budget.isLeft) return;
    for (const pair of this.#schedule.due()) {
      const name = placeName(pair.place);
      if (this.#running.has(name) || this.#locks.isHeld(name) || !this.#options.isReachable(pair.member)) continue;
      this.#begin(pair);
      if (this.#running.size >= exchangesMax) return;
    }
  }

  #begin({ place, member }: Pair): void {
    const { storage, nowMs, send, newRequest, take, keepsDeletions } = this.#options;
    let request = 0;
    const exchange = new Exchange({
      place,
      storage,
      nowMs,
      ask: (ask) => {
        request = newRequest();
        const running = this.#running.get(placeName(place));
        if (running !== undefined) running.request = request;
        send({ type: "exchange", to: member, request, place, ask });
      },
      write: (key, object) => {
        const number = newRequest();
        send({ type: "write", to: member, request: number, place, key, object, wanted: "durable" });
        return number;
      },
      take: (key, object) => take(place, key, object),
      isForgotten: (key, object) => {
        if (keepsDeletions || !isDeletion(object)) return false;
        this.deleted(place, key);
        return true;
      },
      spend: (bytes) => this.#budget.spend(bytes),
      mayGoOn: () => this.#budget.isLeft,
    });
    this.#running.set(placeName(place), { place, member, exchange, beganMs: nowMs(), request });
  }

  /** Closes the book on an exchange that has come to its end. */
  #settle({ place, member, exchange, beganMs }: Running): void {
    const { end, keysRepaired: keys, bytes } = exchange;
    if (end === undefined || this.#running.get(placeName(place))?.exchange !== exchange) return;
    this.#running.delete(placeName(place));
    const isComplete = end === "same" || end === "done";
    if (isComplete) this.#schedule.completed({ place, member });
    else this.#schedule.again({ place, member });
    const before = this.#exchanged;
    this.#exchanged = {
      exchanges: before.exchanges + Number(isComplete),
      keysRepaired: before.keysRepaired + keys,
      bytes: before.bytes + bytes,
    };
    if (keys > 0)
      this.#options.tell({ type: "exchanged", place, with: member, keys, bytes, ms: this.#options.nowMs() - beganMs });
  }
}

function isDeletion(bytes: Uint8Array | undefined): boolean {
  try {
    return bytes !== undefined && isDeleted(decodeObject(bytes));
  } catch (error) {
    if (error instanceof MalformedBytes) return false;
    throw error;
  }
}
