import type { BucketProperties, Failure, ObjectName, WriteOptions } from "../api.js";
import type { StoredObject } from "../objects/stored-object.js";
import { storageKey } from "../storage-key.js";
import type { ActorSource } from "../versions/actor.js";
import { writeQuorums } from "./quorums.js";
import { missing, requestTimeoutMs, type PlacedReplica, type Surroundings } from "./surroundings.js";
import { WriteTally } from "./write-tally.js";
import type { WriteResult } from "./write-tally.js";

export type WriteOutcome =
  | { readonly ok: true; readonly object: StoredObject }
  /** `isDefinite`: nobody has written anything. */
  | { readonly ok: false; readonly isDefinite: boolean; readonly reason: Failure["reason"] };

/** What the coordinator's copy becomes. */
export type Change = (local: StoredObject | undefined, actors: ActorSource) => StoredObject;

interface Pending {
  readonly request: number;
  readonly tally: WriteTally;
  readonly open: Map<string, PlacedReplica>;
  readonly object: StoredObject;
  readonly done: (outcome: WriteOutcome) => void;
  readonly endsAtMs: number;
  isAnswered: boolean;
}

/** The writes that this node coordinates: it writes its own copy first, and sends what that became to the others. */
export class Writes {
  readonly #around: Surroundings;
  readonly #pending = new Map<number, Pending>();

  constructor(around: Surroundings) {
    this.#around = around;
  }

  /** Who may coordinate a write of this object: one of its replicas, this node if it is one. Undefined: nobody can be reached. */
  coordinatorOf(name: ObjectName, options: WriteOptions, properties: BucketProperties): string | undefined {
    const n = options.nVal ?? properties.nVal;
    const replicas = this.#around.replicas(name, n, options.sloppyQuorum ?? true);
    const members = replicas.map(({ member }) => member);
    return members.includes(this.#around.self) ? this.#around.self : members[0];
  }

  /** Whether this node keeps a copy of the object that a write may begin with. */
  canCoordinate(name: ObjectName, options: WriteOptions, properties: BucketProperties): boolean {
    const { self, replicas, receivers } = this.#around;
    const n = options.nVal ?? properties.nVal;
    const isSelf = ({ member }: { readonly member: string }): boolean => member === self;
    return replicas(name, n, options.sloppyQuorum ?? true).some(isSelf) || receivers(name, n).some(isSelf);
  }

  /** This node has to keep a copy. `done` is called once, it may be before this returns. Throws what `change` throws. */
  begin(
    name: ObjectName,
    options: WriteOptions,
    properties: BucketProperties,
    change: Change,
    done: (outcome: WriteOutcome) => void,
  ): void {
    const { self, copies, durable, send, newRequest, nowMs } = this.#around;
    const decided = writeQuorums(options, properties);
    if (!decided.ok) return done({ ...decided, isDefinite: true });
    const { quorums } = decided;
    const replicas = this.#around.replicas(name, quorums.n, options.sloppyQuorum ?? true);
    const receivers = this.#around.receivers(name, quorums.n);
    const own = replicas.find(({ member }) => member === self);
    const place = (own ?? receivers.find(({ member }) => member === self))?.place;
    if (place === undefined) {
      const reason = { type: "insufficientNodes", wanted: Math.max(quorums.w, 1), got: 0 } as const;
      return done({ ok: false, isDefinite: true, reason });
    }
    const key = storageKey(name);
    const kept = copies.change(place, key, change);
    const pending: Pending = {
      request: newRequest(),
      tally: new WriteTally(quorums),
      open: new Map(replicas.map((replica) => [replica.member, replica])),
      object: kept.object,
      done,
      endsAtMs: nowMs() + (options.timeoutMs ?? requestTimeoutMs),
      isAnswered: false,
    };
    this.#pending.set(pending.request, pending);
    pending.tally.add("", "failed", false, missing(replicas, quorums.n));
    const wanted = quorums.w > quorums.dw ? "both" : "durable";
    for (const replica of replicas) {
      if (replica === own) continue;
      send({
        type: "write",
        to: replica.member,
        request: pending.request,
        place: replica.place,
        key,
        object: kept.bytes,
        wanted,
      });
    }
    const object = kept.bytes;
    for (const { member: to, place: there } of receivers)
      if (to !== self) send({ type: "write", to, request: 0, place: there, key, object, wanted: "nothing" });
    const isAlone = this.#around.isAlone(place);
    if (own !== undefined && isAlone) pending.tally.add(self, "taken", own.hintFor === undefined, own.positions);
    this.#settle(pending);
    if (own === undefined) return;
    if (!isAlone) return send({ type: "write", to: self, request: pending.request, place, key, object, wanted: "durable" });
    durable.after(kept.writeNumber, () => this.replied(self, pending.request, "durable"));
  }

  /** Time has passed. */
  tick(): void {
    const nowMs = this.#around.nowMs();
    for (const pending of this.#pending.values()) if (pending.endsAtMs <= nowMs) this.#giveUp(pending);
  }

  replied(from: string, request: number, result: WriteResult): void {
    const pending = this.#pending.get(request);
    const replica = pending?.open.get(from);
    if (pending === undefined || replica === undefined) return;
    if (result !== "taken") pending.open.delete(from);
    pending.tally.add(from, result, replica.hintFor === undefined, replica.positions);
    this.#settle(pending);
  }

  /** Nothing that was asked of this member will be answered. */
  lost(member: string): void {
    for (const { request } of [...this.#pending.values()]) this.replied(member, request, "failed");
  }

  #settle(pending: Pending): void {
    const verdict = pending.tally.verdict();
    if (!pending.isAnswered && verdict.type !== "pending") {
      pending.isAnswered = true;
      if (verdict.type === "enough") pending.done({ ok: true, object: pending.object });
      else pending.done({ ok: false, isDefinite: false, reason: verdict.reason });
    }
    if (pending.open.size === 0) this.#pending.delete(pending.request);
  }

  #giveUp(pending: Pending): void {
    this.#pending.delete(pending.request);
    if (!pending.isAnswered) pending.done({ ok: false, isDefinite: false, reason: { type: "timeout" } });
    pending.isAnswered = true;
  }
}
