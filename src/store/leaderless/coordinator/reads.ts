import type { BucketProperties, Failure, ObjectName, ReadOptions } from "../api.js";
import { objectHash } from "../merkle/hash.js";
import { mergeAll } from "../objects/merge.js";
import { decodeObject } from "../objects/object-codec.js";
import type { StoredObject } from "../objects/stored-object.js";
import { isDeleted } from "../objects/stored-object.js";
import { storageKey } from "../storage-key.js";
import { firstAsked } from "./first-asked.js";
import { Patience } from "./patience.js";
import { isOpen, isWaiting, queryOf, queryTo, type Query } from "./queries.js";
import { readQuorums } from "./quorums.js";
import { ReadTally } from "./read-tally.js";
import type { ReadResult } from "./read-tally.js";
import { endOf, lastChanceMs, missing, type Asked, type PlacedReplica, type Surroundings } from "./surroundings.js";

export type ReadOutcome =
  /** `object`: what all copies that came in time make together; undefined: there was none. */
  { readonly ok: true; readonly object: StoredObject | undefined } | { readonly ok: false; readonly reason: Failure["reason"] };

/** What a replica has. */
interface Copy {
  readonly replica: PlacedReplica;
  readonly object: StoredObject | undefined;
  /** Of the copy's bytes; undefined: it has nothing. */
  readonly objectHash: number | undefined;
}

/** What is known once every replica has answered, or has been given up. */
export interface Gathered {
  readonly name: ObjectName;
  /** Of the storage. */
  readonly key: string;
  readonly properties: BucketProperties;
  /** All copies as one; undefined: nobody has any. */
  readonly object: StoredObject | undefined;
  /** Replicas that answered. */
  readonly copies: readonly Copy[];
  /** Whether all owners answered, or others for them. */
  readonly isComplete: boolean;
  /** Owners that nobody had to ask, since those that were asked have the same. */
  readonly unasked: readonly PlacedReplica[];
}

interface Pending {
  readonly request: number;
  readonly name: ObjectName;
  readonly key: string;
  readonly properties: BucketProperties;
  readonly asked: Asked;
  readonly tally: ReadTally;
  /** Each member once: they are few, so looking through them is cheaper than maps of them are to make. */
  readonly queries: Query[];
  readonly copies: Copy[];
  /** Owners that are asked once those that were do not agree, or are silent. */
  reserve: readonly PlacedReplica[];
  /** Stand-ins that have nothing, which says little as long as an owner may answer. */
  ignorant: PlacedReplica[];
  readonly done: (outcome: ReadOutcome) => void;
  isAnswered: boolean;
  /** When it is given up: the answer first, then what is still to come of answers. */
  endsAtMs: number;
}

/** Whoever is silent for so long has others asked besides: most answers come sooner, and these bring the slow ones in time (Dean and Barroso, "The tail at scale", 2013). */
const hedgeMs = 50;

/** How long a read that was answered waits for the other replicas, to see which of them are to be repaired. */
const lateAnswersMs = 5000;

/**
 * The reads that this node coordinates (Dynamo §4.5, §5.2). As many owners are asked as have to answer, one of them for the object and the others for its
 * hash; all replicas at once where these do not agree or are slow, or where owners are away. Whoever is lost, or silent for longer than patience
 * lasts, has the next member of the walk stand in. A stand-in that has nothing is believed once no owner is left who might have something.
 */
export class Reads {
  readonly #around: Surroundings;
  readonly #onGathered: (gathered: Gathered) => void;
  readonly #pending = new Map<number, Pending>();
  readonly #patience = new Patience();
  readonly #hedge = new Patience(hedgeMs);

  /** `onGathered`: what there is to repair, or to reap. */
  constructor(around: Surroundings, onGathered: (gathered: Gathered) => void) {
    this.#around = around;
    this.#onGathered = onGathered;
  }

  /** Asks the replicas; `done` is called once, it may be before this returns. `isThorough`: asks all, to see what there is to repair. */
  begin(
    name: ObjectName,
    options: ReadOptions,
    properties: BucketProperties,
    done: (outcome: ReadOutcome) => void,
    isThorough = false,
  ): void {
    const { self, replicas: find, newRequest, nowMs, awakeMs, isReachable } = this.#around;
    const decided = readQuorums(options, properties);
    if (!decided.ok) return done(decided);
    const { quorums } = decided;
    const asked = { n: quorums.n, nVal: properties.nVal, sloppy: options.sloppyQuorum ?? true };
    const replicas = find(name, asked);
    const request = newRequest();
    const isPlain = !isThorough && quorums.notfoundOk;
    const wanted = Math.max(quorums.r, quorums.pr);
    const first = isPlain ? firstAsked(replicas, wanted, { self, turn: request, isReachable }) : undefined;
    const members = first?.asked ?? replicas;
    const sinceMs = awakeMs();
    const pending: Pending = {
      request,
      name,
      key: storageKey(name),
      properties,
      asked,
      tally: new ReadTally(quorums),
      queries: members.map((replica) => queryOf(replica, sinceMs)),
      copies: [],
      reserve: first?.reserve ?? [],
      ignorant: [],
      done,
      isAnswered: false,
      endsAtMs: endOf(nowMs(), options.timeoutMs),
    };
    this.#pending.set(pending.request, pending);
    pending.tally.add("", "failed", false, missing(replicas, quorums.n));
    for (const replica of members) this.#ask(pending, replica, first === undefined || replica === members[0] ? "object" : "hash");
    this.#settle(pending);
    if (!pending.queries.some(isOpen)) return;
    this.#patience.begin(request, sinceMs);
    if (pending.reserve.length > 0) this.#hedge.begin(request, sinceMs);
  }

  /** Time may have passed: whoever is silent for too long is held to be lost. */
  lookForSilent(): void {
    const nowMs = this.#around.awakeMs();
    for (const request of this.#hedge.over(nowMs)) {
      const pending = this.#pending.get(request);
      if (pending !== undefined) this.#askAll(pending);
    }
    for (const request of this.#patience.over(nowMs)) {
      const pending = this.#pending.get(request);
      if (pending === undefined) continue;
      const { self, patienceMs } = this.#around;
      const silent = pending.queries.filter(({ replica: { member }, state, askedAtMs }) => {
        return state === "open" && member !== self && nowMs - askedAtMs >= patienceMs(member);
      });
      for (const query of silent) {
        this.#around.silent(query.replica.member);
        this.#lose(pending, query);
      }
      if (pending.queries.some(isOpen)) this.#patience.begin(request, nowMs);
    }
  }

  /** Time has passed. */
  tick(): void {
    const nowMs = this.#around.nowMs();
    for (const pending of this.#pending.values()) if (pending.endsAtMs <= nowMs) this.#giveUp(pending);
  }

  replied(from: string, request: number, bytes: Uint8Array | undefined): void {
    const pending = this.#pending.get(request);
    const query = pending && queryTo(pending.queries, from);
    if (pending === undefined || query === undefined || !isWaiting(query)) return;
    this.#take(pending, query, bytes);
    this.#settle(pending);
  }

  /** `objectHash`: of what it has; undefined: it has nothing. */
  hashReplied(from: string, request: number, objectHash: number | undefined): void {
    const pending = this.#pending.get(request);
    const query = pending && queryTo(pending.queries, from);
    if (pending === undefined || query === undefined || !isWaiting(query)) return;
    query.isHashed = true;
    query.objectHash = objectHash;
    this.#compare(pending);
    this.#settle(pending);
  }

  /** The member has no answer to this. */
  failed(from: string, request: number): void {
    const pending = this.#pending.get(request);
    const query = pending && queryTo(pending.queries, from);
    if (pending === undefined || query === undefined || !isWaiting(query)) return;
    const wasOpen = isOpen(query);
    query.state = "failed";
    if (wasOpen) this.#count(pending, query.replica, "failed");
    this.#askAll(pending);
    this.#compare(pending);
    this.#settle(pending);
  }

  /** Nothing that was asked of this member will be answered, as it seems. */
  lost(member: string): void {
    for (const pending of this.#pending.values()) {
      const query = queryTo(pending.queries, member);
      if (query !== undefined) this.#lose(pending, query);
    }
  }

  #ask(pending: Pending, replica: PlacedReplica, wants: "object" | "hash" = "object"): void {
    const { self, copies, isAlone, send, awakeMs } = this.#around;
    const { request, key } = pending;
    let query = queryTo(pending.queries, replica.member);
    if (query === undefined) pending.queries.push((query = queryOf(replica, awakeMs())));
    query.replica = replica;
    query.state = "open";
    query.askedAtMs = awakeMs();
    if (replica.member === self && isAlone(replica.place)) this.#take(pending, query, copies.bytes(replica.place, key));
    else send({ type: "read", to: replica.member, request, place: replica.place, key, wants });
  }

  /** What was left to others is asked of everybody. */
  #askAll(pending: Pending): void {
    const { reserve } = pending;
    if (reserve.length === 0) return;
    pending.reserve = [];
    for (const replica of reserve) this.#ask(pending, replica);
    this.#patience.begin(pending.request, this.#around.awakeMs());
  }

  /** Who has the same as another one that has sent it has sent it as well; who has something else has to. */
  #compare(pending: Pending): void {
    const { queries, copies } = pending;
    if (!queries.some(({ isHashed }) => isHashed)) return;
    const [sent] = copies;
    if (sent === undefined && queries.some((query) => isOpen(query) && !query.isHashed)) return;
    for (const query of queries) {
      const { replica, isHashed, objectHash: hash } = query;
      query.isHashed = false;
      if (!isHashed || !isWaiting(query)) continue;
      if (sent !== undefined && hash === sent.objectHash) this.#keep(pending, query, sent.object, hash);
      else {
        this.#ask(pending, replica);
        this.#askAll(pending);
      }
    }
  }

  /** Somebody stands in for the replica, if it matters still. Where nobody is left for that it has a last chance. */
  #lose(pending: Pending, query: Query): void {
    const { name, asked } = pending;
    const { replica } = query;
    if (!isOpen(query)) return;
    this.#askAll(pending);
    const isAsked = (member: string): boolean => (queryTo(pending.queries, member)?.state ?? "failed") !== "failed";
    const standIn = pending.isAnswered ? undefined : this.#around.standIn(name, asked, replica, isAsked);
    if (standIn === undefined && !pending.isAnswered) {
      pending.endsAtMs = Math.min(pending.endsAtMs, this.#around.nowMs() + lastChanceMs);
      return;
    }
    query.state = "lost";
    if (standIn === undefined) this.#count(pending, replica, "failed");
    else this.#ask(pending, standIn);
    this.#settle(pending);
  }

  #take(pending: Pending, query: Query, bytes: Uint8Array | undefined): void {
    let object: StoredObject | undefined;
    try {
      object = bytes === undefined ? undefined : decodeObject(bytes);
    } catch {
      return this.failed(query.replica.member, pending.request);
    }
    this.#keep(pending, query, object, bytes && objectHash(bytes));
    this.#compare(pending);
  }

  #keep(pending: Pending, query: Query, object: StoredObject | undefined, hash: number | undefined): void {
    const { replica } = query;
    query.state = "answered";
    pending.copies.push({ replica, object, objectHash: hash });
    // whether all have the deletion, so that it may be forgotten, only all can say
    if (object !== undefined && isDeleted(object)) this.#askAll(pending);
    if (object === undefined && replica.hintFor !== undefined) pending.ignorant.push(replica);
    else this.#count(pending, replica, object === undefined ? "notfound" : isDeleted(object) ? "tombstone" : "found");
  }

  #count({ tally }: Pending, { member, hintFor, positions }: PlacedReplica, result: ReadResult): void {
    tally.add(hintFor ?? member, result, hintFor === undefined, positions);
  }

  #settle(pending: Pending): void {
    if (!this.#hasOwner(pending)) {
      for (const replica of pending.ignorant) this.#count(pending, replica, "notfound");
      pending.ignorant = [];
    }
    const verdict = pending.tally.verdict();
    if (!pending.isAnswered && verdict.type !== "pending") {
      const object = verdict.type === "enough" ? this.#together(pending) : undefined;
      if (verdict.type === "failed") this.#answer(pending, { ok: false, reason: verdict.reason });
      else this.#answer(pending, { ok: true, object });
    }
    if (!pending.queries.some(isOpen)) this.#end(pending);
  }

  /** Whether an owner may be expected to answer. */
  #hasOwner({ queries }: Pending): boolean {
    return queries.some((query) => {
      const { member, hintFor } = query.replica;
      return isOpen(query) && hintFor === undefined && this.#around.isReachable(member);
    });
  }

  #answer(pending: Pending, outcome: ReadOutcome): void {
    pending.isAnswered = true;
    pending.endsAtMs = this.#around.nowMs() + lateAnswersMs;
    pending.done(outcome);
  }

  #giveUp(pending: Pending): void {
    for (const query of pending.queries) {
      const { replica } = query;
      if (!isOpen(query)) continue;
      query.state = "failed";
      if (!this.#around.isReachable(replica.member)) this.#count(pending, replica, "failed");
    }
    this.#settle(pending);
    if (!pending.isAnswered) this.#answer(pending, { ok: false, reason: { type: "timeout" } });
    this.#end(pending);
  }

  #end(pending: Pending): void {
    if (!this.#pending.delete(pending.request)) return;
    const { name, key, properties, asked, tally, copies, reserve: unasked } = pending;
    const isComplete = tally.isWhole && asked.n >= asked.nVal;
    this.#onGathered({ name, key, properties, object: this.#together(pending), copies, isComplete, unasked });
  }

  #together({ copies, properties }: Pending): StoredObject | undefined {
    const objects: StoredObject[] = [];
    // those who were asked for a hash have the very object that another one has sent
    for (const { object } of copies) if (object !== undefined && !objects.includes(object)) objects.push(object);
    return objects.length < 2 ? objects[0] : mergeAll(objects, this.#around.rulesOf(properties));
  }
}
