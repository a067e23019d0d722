import type { BucketProperties, Failure, ObjectName, ReadOptions } from "../api.js";
import { objectHash } from "../merkle/hash.js";
import { mergeAll } from "../objects/merge.js";
import { decodeObject, encodeObject } from "../objects/object-codec.js";
import type { StoredObject } from "../objects/stored-object.js";
import { isDeleted } from "../objects/stored-object.js";
import { storageKey } from "../storage-key.js";
import { readQuorums } from "./quorums.js";
import { ReadTally } from "./read-tally.js";
import type { ReadResult } from "./read-tally.js";
import { missing, requestTimeoutMs, type PlacedReplica, type Surroundings } from "./surroundings.js";

export type ReadOutcome =
  /** `object`: what all copies that came in time make together; undefined: there was none. */
  { readonly ok: true; readonly object: StoredObject | undefined } | { readonly ok: false; readonly reason: Failure["reason"] };

/** What is known once every replica has answered, or has been given up. */
export interface Gathered {
  readonly name: ObjectName;
  readonly properties: BucketProperties;
  /** All copies as one; undefined: nobody has any. */
  readonly object: StoredObject | undefined;
  /** Replicas that answered, with the hash of what each has; undefined: nothing. */
  readonly copies: readonly { readonly replica: PlacedReplica; readonly objectHash: number | undefined }[];
  /** Whether all N answered. */
  readonly isComplete: boolean;
}

interface Pending {
  readonly request: number;
  readonly name: ObjectName;
  readonly properties: BucketProperties;
  readonly tally: ReadTally;
  /** By member: those that have not answered. */
  readonly open: Map<string, PlacedReplica>;
  readonly copies: {
    readonly replica: PlacedReplica;
    readonly object: StoredObject | undefined;
    readonly objectHash: number | undefined;
  }[];
  readonly done: (outcome: ReadOutcome) => void;
  isAnswered: boolean;
  /** When it is given up: the answer first, then what is still to come of answers. */
  endsAtMs: number;
}

/** How long a read that was answered waits for the other replicas, to see which of them are to be repaired. */
const lateAnswersMs = 5000;

/** The reads that this node coordinates (Dynamo §4.5, §5.2). */
export class Reads {
  readonly #around: Surroundings;
  readonly #onGathered: (gathered: Gathered) => void;
  readonly #pending = new Map<number, Pending>();

  /** `onGathered`: what there is to repair, or to reap. */
  constructor(around: Surroundings, onGathered: (gathered: Gathered) => void) {
    this.#around = around;
    this.#onGathered = onGathered;
  }

  /** Asks the replicas; `done` is called once, it may be before this returns. */
  begin(name: ObjectName, options: ReadOptions, properties: BucketProperties, done: (outcome: ReadOutcome) => void): void {
    const decided = readQuorums(options, properties);
    if (!decided.ok) return done(decided);
    const { quorums } = decided;
    const replicas = this.#around.replicas(name, quorums.n, options.sloppyQuorum ?? true);
    const pending: Pending = {
      request: this.#around.newRequest(),
      name,
      properties,
      tally: new ReadTally(quorums),
      open: new Map(replicas.map((replica) => [replica.member, replica])),
      copies: [],
      done,
      isAnswered: false,
      endsAtMs: this.#around.nowMs() + (options.timeoutMs ?? requestTimeoutMs),
    };
    this.#pending.set(pending.request, pending);
    pending.tally.add("failed", false, missing(replicas, quorums.n));
    const key = storageKey(name);
    const own: PlacedReplica[] = [];
    for (const replica of replicas) {
      if (replica.member === this.#around.self && this.#around.isAlone(replica.place)) own.push(replica);
      else this.#around.send({ type: "read", to: replica.member, request: pending.request, place: replica.place, key });
    }
    for (const replica of own) this.#take(pending, replica, this.#around.copies.bytes(replica.place, key));
    this.#settle(pending);
  }

  /** Time has passed. */
  tick(): void {
    const nowMs = this.#around.nowMs();
    for (const pending of this.#pending.values()) if (pending.endsAtMs <= nowMs) this.#giveUp(pending);
  }

  replied(from: string, request: number, bytes: Uint8Array | undefined): void {
    const pending = this.#pending.get(request);
    const replica = pending?.open.get(from);
    if (pending === undefined || replica === undefined) return;
    this.#take(pending, replica, bytes);
    this.#settle(pending);
  }

  /** The member has no answer to this. */
  failed(from: string, request: number): void {
    const pending = this.#pending.get(request);
    const replica = pending?.open.get(from);
    if (pending === undefined || replica === undefined) return;
    this.#fail(pending, replica);
    this.#settle(pending);
  }

  /** Nothing that was asked of this member will be answered. */
  lost(member: string): void {
    for (const { request } of [...this.#pending.values()]) this.failed(member, request);
  }

  #take(pending: Pending, replica: PlacedReplica, bytes: Uint8Array | undefined): void {
    let object: StoredObject | undefined;
    try {
      object = bytes === undefined ? undefined : decodeObject(bytes);
    } catch {
      return this.#fail(pending, replica);
    }
    pending.open.delete(replica.member);
    pending.copies.push({ replica, object, objectHash: bytes === undefined ? undefined : objectHash(bytes) });
    const result: ReadResult = object === undefined ? "notfound" : isDeleted(object) ? "tombstone" : "found";
    pending.tally.add(result, replica.hintFor === undefined, replica.positions);
  }

  #fail(pending: Pending, replica: PlacedReplica): void {
    pending.open.delete(replica.member);
    pending.tally.add("failed", false, replica.positions);
  }

  #settle(pending: Pending): void {
    const verdict = pending.tally.verdict();
    if (!pending.isAnswered && verdict.type !== "pending") {
      pending.isAnswered = true;
      if (verdict.type === "failed") pending.done({ ok: false, reason: verdict.reason });
      else pending.done({ ok: true, object: verdict.type === "enough" ? this.#together(pending) : undefined });
      pending.endsAtMs = this.#around.nowMs() + lateAnswersMs;
    }
    if (pending.open.size === 0) this.#end(pending);
  }

  #giveUp(pending: Pending): void {
    if (!pending.isAnswered) pending.done({ ok: false, reason: { type: "timeout" } });
    pending.isAnswered = true;
    this.#end(pending);
  }

  #end(pending: Pending): void {
    if (!this.#pending.delete(pending.request)) return;
    const { name, properties, tally, open } = pending;
    const copies = pending.copies.map(({ replica, objectHash: hash }) => ({ replica, objectHash: hash }));
    const isComplete = open.size === 0 && tally.isWhole;
    this.#onGathered({ name, properties, object: this.#together(pending), copies, isComplete });
  }

  #together({ copies, properties }: Pending): StoredObject | undefined {
    const objects = copies.flatMap(({ object }) => (object === undefined ? [] : [object]));
    return objects.length === 0 ? undefined : mergeAll(objects, this.#around.rulesOf(properties));
  }
}

/**
 * What a replica that lacks something of the object is sent, and which ones that are; undefined: all have it. A deletion that is not kept for good
 * (`keepsDeletions`) does not go to those that have nothing: they may have forgotten it.
 */
export function repairOf(
  { object, copies }: Gathered,
  keepsDeletions: boolean,
): { readonly bytes: Uint8Array; readonly to: readonly PlacedReplica[] } | undefined {
  if (object === undefined) return undefined;
  const bytes = encodeObject(object);
  const hash = objectHash(bytes);
  const mayBeForgotten = !keepsDeletions && isDeleted(object);
  const to = copies
    .filter((copy) => copy.objectHash !== hash && !(mayBeForgotten && copy.objectHash === undefined))
    .map(({ replica }) => replica);
  return to.length === 0 ? undefined : { bytes, to };
}
