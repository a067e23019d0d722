import type { BucketProperties, Failure, ObjectName, WriteOptions } from "../api.js";
import { ObjectTooLarge } from "../copies.js";
import type { StoredObject } from "../objects/stored-object.js";
import { storageKey } from "../storage-key.js";
import type { Place } from "../storage.js";
import type { ActorSource } from "../versions/actor.js";
import { Patience } from "./patience.js";
import { writeQuorums, type WriteQuorums } from "./quorums.js";
import { endOf, lastChanceMs, missing, type Asked, type PlacedReplica, type Surroundings } from "./surroundings.js";
import { WriteTally } from "./write-tally.js";
import type { WriteResult } from "./write-tally.js";

export type WriteOutcome =
  | { readonly ok: true; readonly object: StoredObject }
  /** `isDefinite`: nobody has written anything. */
  | { readonly ok: false; readonly isDefinite: boolean; readonly reason: Failure["reason"] };

/** What the coordinator's copy becomes. */
export type Change = (local: StoredObject | undefined, actors: ActorSource) => StoredObject;

/** A replica that was sent a write. */
interface Sent {
  readonly replica: PlacedReplica;
  /** `open`: it is not known yet that it has it on disk. `lost`: nor is that expected, and somebody stands in for it; what it says all the same counts. */
  state: "open" | "lost" | "over";
  /** Whether it has said anything. */
  isHeard: boolean;
}

interface Pending {
  readonly request: number;
  readonly name: ObjectName;
  readonly key: string;
  readonly asked: Asked;
  readonly wanted: "both" | "durable";
  readonly tally: WriteTally;
  /** Each member once: they are few, so looking through them is cheaper than maps of them are to make. */
  readonly sent: Sent[];
  readonly object: StoredObject;
  readonly bytes: Uint8Array;
  /** The last time that somebody was asked. */
  sinceMs: number;
  readonly done: (outcome: WriteOutcome) => void;
  isAnswered: boolean;
  endsAtMs: number;
}

/** How long a write that was answered waits for the other replicas: who is lost in that time gets a stand-in. */
const lateAnswersMs = 5000;

/**
 * The writes that this node coordinates: it writes its own copy first, and sends what that became to the others. Whoever is lost, or silent for
 * longer than patience lasts, has the next member of the walk stand in with a hint, so that W can be met without them (Dynamo §4.6).
 */
export class Writes {
  readonly #around: Surroundings;
  readonly #pending = new Map<number, Pending>();
  readonly #patience = new Patience();

  constructor(around: Surroundings) {
    this.#around = around;
  }

  /** Who may coordinate a write of this object, the best first. */
  coordinatorsOf(name: ObjectName, options: WriteOptions, properties: BucketProperties): readonly string[] {
    return this.#around.coordinators(name, askedBy(options, properties));
  }

  /** Whether this node keeps a copy of the object that a write may begin with. */
  canCoordinate(name: ObjectName, options: WriteOptions, properties: BucketProperties): boolean {
    const { self, replicas, receivers } = this.#around;
    const isSelf = ({ member }: { readonly member: string }): boolean => member === self;
    return replicas(name, askedBy(options, properties)).some(isSelf) || receivers(name, properties.nVal).some(isSelf);
  }

  /** This node has to keep a copy. `done` is called once, it may be before this returns. Throws what `change` throws. */
  begin(
    name: ObjectName,
    options: WriteOptions,
    properties: BucketProperties,
    change: Change,
    done: (outcome: WriteOutcome) => void,
  ): void {
    const { self, copies, durable, send, newRequest, nowMs, awakeMs } = this.#around;
    const decided = writeQuorums(options, properties);
    if (!decided.ok) return done({ ...decided, isDefinite: true });
    const { quorums } = decided;
    const asked = askedBy(options, properties);
    const replicas = this.#around.replicas(name, asked);
    const receivers = this.#around.receivers(name, asked.nVal);
    const own = replicas.find(({ member }) => member === self);
    const place = (own ?? receivers.find(({ member }) => member === self))?.place;
    const reason = problemWith(replicas, place, quorums);
    if (reason !== undefined || place === undefined)
      return done({ ok: false, isDefinite: true, reason: reason ?? { type: "overload" } });
    const key = storageKey(name);
    const kept = tooLargeOr(() => copies.change(place, key, change));
    if (typeof kept === "string") return done({ ok: false, isDefinite: true, reason: { type: "invalid", why: kept } });
    const pending: Pending = {
      request: newRequest(),
      name,
      key,
      asked,
      wanted: quorums.w > quorums.dw ? "both" : "durable",
      tally: new WriteTally(quorums),
      sent: own === undefined ? [] : [{ replica: own, state: "open", isHeard: false }],
      object: kept.object,
      bytes: kept.bytes,
      sinceMs: awakeMs(),
      done,
      endsAtMs: endOf(nowMs(), options.timeoutMs),
      isAnswered: false,
    };
    this.#pending.set(pending.request, pending);
    pending.tally.add("", "failed", false, missing(replicas, quorums.n));
    for (const replica of replicas) if (replica !== own) this.#ask(pending, replica);
    const object = kept.bytes;
    for (const { member: to, place: there } of receivers)
      if (to !== self) send({ type: "write", to, request: 0, place: there, key, object, wanted: "nothing" });
    if (pending.sent.length > 1 || own === undefined) this.#patience.begin(pending.request, pending.sinceMs);
    const isAlone = this.#around.isAlone(place);
    if (own !== undefined && isAlone) this.#count(pending, own, "taken");
    this.#settle(pending);
    if (own === undefined) return;
    if (!isAlone) return this.#ask(pending, own);
    durable.after(kept.writeNumber, () => this.replied(self, pending.request, "durable"));
  }

  /** Time may have passed: whoever is silent for too long is held to be lost. */
  lookForSilent(): void {
    const { self, patienceMs } = this.#around;
    const nowMs = this.#around.awakeMs();
    for (const request of this.#patience.over(nowMs)) {
      const pending = this.#pending.get(request);
      if (pending === undefined) continue;
      const unheard = pending.sent.filter(({ replica, state, isHeard }) => {
        return state === "open" && !isHeard && replica.member !== self;
      });
      const silent = unheard.filter(({ replica }) => nowMs - pending.sinceMs >= patienceMs(replica.member));
      if (silent.length > 0) pending.sinceMs = nowMs;
      for (const sent of silent) {
        this.#around.silent(sent.replica.member);
        this.#lose(pending, sent);
      }
      if (unheard.length > 0) this.#patience.begin(request, nowMs);
    }
  }

  /** Time has passed. */
  tick(): void {
    const nowMs = this.#around.nowMs();
    for (const pending of this.#pending.values()) if (pending.endsAtMs <= nowMs) this.#giveUp(pending);
  }

  replied(from: string, request: number, result: WriteResult): void {
    const pending = this.#pending.get(request);
    const sent = pending && sentTo(pending, from);
    if (pending === undefined || sent === undefined || sent.state === "over") return;
    sent.isHeard = true;
    if (result === "failed" || result === "overload") return this.#refused(pending, sent, result);
    if (result === "durable") sent.state = "over";
    this.#count(pending, sent.replica, result);
    this.#settle(pending);
  }

  /** Nothing that was asked of this member will be answered, as it seems. */
  lost(member: string): void {
    for (const pending of this.#pending.values()) {
      const sent = sentTo(pending, member);
      if (sent !== undefined) this.#lose(pending, sent);
    }
  }

  #ask(pending: Pending, replica: PlacedReplica): void {
    const { request, key, bytes, wanted } = pending;
    const { member, place } = replica;
    if (sentTo(pending, member) === undefined) pending.sent.push({ replica, state: "open", isHeard: false });
    this.#around.send({ type: "write", to: member, request, place, key, object: bytes, wanted });
  }

  /** Somebody stands in for the replica. Where nobody is left for that it has a last chance. */
  #lose(pending: Pending, sent: Sent): void {
    if (sent.state !== "open") return;
    if (this.#askStandIn(pending, sent.replica)) sent.state = "lost";
    else pending.endsAtMs = Math.min(pending.endsAtMs, this.#around.nowMs() + lastChanceMs);
  }

  #refused(pending: Pending, sent: Sent, result: "failed" | "overload"): void {
    const { replica, state } = sent;
    sent.state = "over";
    if (state === "open" && !this.#askStandIn(pending, replica)) this.#count(pending, replica, result);
    this.#settle(pending);
  }

  #askStandIn(pending: Pending, replica: PlacedReplica): boolean {
    const { name, asked } = pending;
    const isAsked = (member: string): boolean => member === this.#around.self || sentTo(pending, member) !== undefined;
    const standIn = this.#around.standIn(name, asked, replica, isAsked);
    if (standIn !== undefined) this.#ask(pending, standIn);
    return standIn !== undefined;
  }

  #count({ tally }: Pending, { member, hintFor, positions }: PlacedReplica, result: WriteResult): void {
    tally.add(hintFor ?? member, result, hintFor === undefined, positions);
  }

  #settle(pending: Pending): void {
    const verdict = pending.tally.verdict();
    if (!pending.isAnswered && verdict.type !== "pending") {
      if (verdict.type === "enough") this.#answer(pending, { ok: true, object: pending.object });
      else this.#answer(pending, { ok: false, isDefinite: false, reason: verdict.reason });
    }
    if (!pending.sent.some(isOpen)) this.#pending.delete(pending.request);
  }

  #answer(pending: Pending, outcome: WriteOutcome): void {
    pending.isAnswered = true;
    pending.endsAtMs = this.#around.nowMs() + lateAnswersMs;
    pending.done(outcome);
  }

  #giveUp(pending: Pending): void {
    for (const sent of pending.sent) {
      const { replica, state } = sent;
      sent.state = "over";
      if (state === "open" && !this.#around.isReachable(replica.member)) this.#count(pending, replica, "failed");
    }
    this.#settle(pending);
    if (!pending.isAnswered) this.#answer(pending, { ok: false, isDefinite: false, reason: { type: "timeout" } });
  }
}

function sentTo({ sent }: Pending, member: string): Sent | undefined {
  return sent.find(({ replica }) => replica.member === member);
}

function isOpen({ state }: Sent): boolean {
  return state === "open";
}

function askedBy({ nVal, sloppyQuorum }: WriteOptions, properties: BucketProperties): Asked {
  return { n: nVal ?? properties.nVal, nVal: properties.nVal, sloppy: sloppyQuorum ?? true };
}

/** Why a write need not even begin: nobody has written anything then. */
function problemWith(
  replicas: readonly PlacedReplica[],
  own: Place | undefined,
  { n, w, dw, pw }: WriteQuorums,
): Failure["reason"] | undefined {
  const wanted = Math.max(w, dw);
  const got = n - missing(replicas, n);
  if (own === undefined || got < wanted) return { type: "insufficientNodes", wanted: Math.max(wanted, 1), got };
  const owners = replicas.filter(({ hintFor }) => hintFor === undefined).reduce((sum, { positions }) => sum + positions, 0);
  return owners < pw ? { type: "unsatisfied", option: "pw", wanted: pw, got: owners } : undefined;
}

function tooLargeOr<T>(write: () => T): T | string {
  try {
    return write();
  } catch (error) {
    if (error instanceof ObjectTooLarge) return error.message;
    throw error;
  }
}
