import type { BucketProperties, Failure, ObjectName, ReadOptions } from "../api.js";
import { objectHash } from "../merkle/hash.js";
import { mergeAll } from "../objects/merge.js";
import { decodeObject } from "../objects/object-codec.js";
import type { StoredObject } from "../objects/stored-object.js";
import { isDeleted } from "../objects/stored-object.js";
import { storageKey } from "../storage-key.js";
import { firstAsked } from "./first-asked.js";
import { Patience } from "./patience.js";
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
  /** By member: those that have not answered. */
  readonly open: Map<string, PlacedReplica>;
  /** By member: those that are lost, and have stand-ins. What they say all the same counts. */
  readonly lost: Map<string, PlacedReplica>;
  readonly copies: Copy[];
  /** By member: of what it has, until it is known whether that is what another one has sent. */
  readonly hashes: Map<string, number | undefined>;
  /** Owners that are asked once those that were do not agree, or are silent. */
  reserve: readonly PlacedReplica[];
  /** Stand-ins that have nothing, which says little as long as an owner may answer. */
  ignorant: PlacedReplica[];
  /** By member: when it was asked. */
  readonly askedAtMs: Map<string, number>;
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
    const [main, ...others] = first?.asked ?? [];
    const pending: Pending = {
      request,
      name,
      key: storageKey(name),
      properties,
      asked,
      tally: new ReadTally(quorums),
      open: new Map((first?.asked ?? replicas).map((replica) => [replica.member, replica])),
      lost: new Map(),
      copies: [],
      hashes: new Map(),
      reserve: first?.reserve ?? [],
      ignorant: [],
      askedAtMs: new Map(),
      done,
      isAnswered: false,
      endsAtMs: endOf(nowMs(), options.timeoutMs),
    };
    this.#pending.set(pending.request, pending);
    pending.tally.add("", "failed", false, missing(replicas, quorums.n));
    for (const replica of main === undefined ? replicas : [main]) this.#ask(pending, replica);
    for (const replica of others) this.#ask(pending, replica, "hash");
    this.#settle(pending);
    if (pending.open.size === 0) return;
    this.#patience.begin(request, awakeMs());
    if (pending.reserve.length > 0) this.#hedge.begin(request, awakeMs());
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
      const { askedAtMs } = pending;
      const isSilent = (member: string): boolean => nowMs - (askedAtMs.get(member) ?? nowMs) >= patienceMs(member);
      const silent = [...pending.open].filter(([member]) => member !== self && isSilent(member));
      for (const [member, replica] of silent) {
        this.#around.silent(member);
        this.#lose(pending, replica);
      }
      if (pending.open.size > 0) this.#patience.begin(request, nowMs);
    }
  }

  /** Time has passed. */
  tick(): void {
    const nowMs = this.#around.nowMs();
    for (const pending of this.#pending.values()) if (pending.endsAtMs <= nowMs) this.#giveUp(pending);
  }

  replied(from: string, request: number, bytes: Uint8Array | undefined): void {
    const pending = this.#pending.get(request);
    const replica = pending?.open.get(from) ?? pending?.lost.get(from);
    if (pending === undefined || replica === undefined) return;
    this.#take(pending, replica, bytes);
    this.#settle(pending);
  }

  /** `objectHash`: of what it has; undefined: it has nothing. */
  hashReplied(from: string, request: number, objectHash: number | undefined): void {
    const pending = this.#pending.get(request);
    if (pending === undefined || !(pending.open.has(from) || pending.lost.has(from))) return;
    pending.hashes.set(from, objectHash);
    this.#compare(pending);
    this.#settle(pending);
  }

  /** The member has no answer to this. */
  failed(from: string, request: number): void {
    const pending = this.#pending.get(request);
    const replica = pending?.open.get(from) ?? pending?.lost.get(from);
    if (pending === undefined || replica === undefined) return;
    const wasOpen = pending.open.delete(from);
    pending.lost.delete(from);
    if (wasOpen) this.#count(pending, replica, "failed");
    this.#askAll(pending);
    this.#compare(pending);
    this.#settle(pending);
  }

  /** Nothing that was asked of this member will be answered, as it seems. */
  lost(member: string): void {
    for (const pending of this.#pending.values()) {
      const replica = pending.open.get(member);
      if (replica !== undefined) this.#lose(pending, replica);
    }
  }

  #ask(pending: Pending, replica: PlacedReplica, wants: "object" | "hash" = "object"): void {
    const { self, copies, isAlone, send, awakeMs } = this.#around;
    const { request, key, open, askedAtMs } = pending;
    open.set(replica.member, replica);
    askedAtMs.set(replica.member, awakeMs());
    if (replica.member === self && isAlone(replica.place)) this.#take(pending, replica, copies.bytes(replica.place, key));
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
    const { hashes, open, lost, copies } = pending;
    if (hashes.size === 0) return;
    const [sent] = copies;
    const isOnItsWay = (): boolean => [...open.keys()].some((member) => !hashes.has(member));
    if (sent === undefined && isOnItsWay()) return;
    for (const [member, hash] of Array.from(hashes)) {
      hashes.delete(member);
      const replica = open.get(member) ?? lost.get(member);
      if (replica === undefined) continue;
      if (sent !== undefined && hash === sent.objectHash) this.#keep(pending, { ...sent, replica });
      else {
        this.#ask(pending, replica);
        this.#askAll(pending);
      }
    }
  }

  /** Somebody stands in for the replica, if it matters still. Where nobody is left for that it has a last chance. */
  #lose(pending: Pending, replica: PlacedReplica): void {
    const { name, asked, open, lost, copies } = pending;
    if (open.get(replica.member) !== replica) return;
    this.#askAll(pending);
    const isAsked = (member: string): boolean =>
      open.has(member) || lost.has(member) || copies.some((copy) => copy.replica.member === member);
    const standIn = pending.isAnswered ? undefined : this.#around.standIn(name, asked, replica, isAsked);
    if (standIn === undefined && !pending.isAnswered) {
      pending.endsAtMs = Math.min(pending.endsAtMs, this.#around.nowMs() + lastChanceMs);
      return;
    }
    open.delete(replica.member);
    lost.set(replica.member, replica);
    if (standIn === undefined) this.#count(pending, replica, "failed");
    else this.#ask(pending, standIn);
    this.#settle(pending);
  }

  #take(pending: Pending, replica: PlacedReplica, bytes: Uint8Array | undefined): void {
    let object: StoredObject | undefined;
    try {
      object = bytes === undefined ? undefined : decodeObject(bytes);
    } catch {
      return this.failed(replica.member, pending.request);
    }
    this.#keep(pending, { replica, object, objectHash: bytes === undefined ? undefined : objectHash(bytes) });
    this.#compare(pending);
  }

  #keep(pending: Pending, copy: Copy): void {
    const { replica, object } = copy;
    pending.open.delete(replica.member);
    pending.lost.delete(replica.member);
    pending.copies.push(copy);
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
    if (pending.open.size === 0) this.#end(pending);
  }

  /** Whether an owner may be expected to answer. */
  #hasOwner({ open }: Pending): boolean {
    for (const { member, hintFor } of open.values()) if (hintFor === undefined && this.#around.isReachable(member)) return true;
    return false;
  }

  #answer(pending: Pending, outcome: ReadOutcome): void {
    pending.isAnswered = true;
    pending.endsAtMs = this.#around.nowMs() + lateAnswersMs;
    pending.done(outcome);
  }

  #giveUp(pending: Pending): void {
    for (const [member, replica] of pending.open) {
      if (!this.#around.isReachable(member)) this.#count(pending, replica, "failed");
    }
    pending.open.clear();
    this.#settle(pending);
    if (!pending.isAnswered) this.#answer(pending, { ok: false, reason: { type: "timeout" } });
    this.#end(pending);
  }

  #end(pending: Pending): void {
    if (!this.#pending.delete(pending.request)) return;
    const { name, properties, asked, tally, copies, reserve: unasked } = pending;
    const isComplete = tally.isWhole && asked.n >= asked.nVal;
    this.#onGathered({ name, properties, object: this.#together(pending), copies, isComplete, unasked });
  }

  #together({ copies, properties }: Pending): StoredObject | undefined {
    const [first, ...others] = copies.flatMap(({ object }) => (object === undefined ? [] : [object]));
    if (first === undefined || others.every((other) => other === first)) return first;
    return mergeAll([first, ...others], this.#around.rulesOf(properties));
  }
}
