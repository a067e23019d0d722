import type { BucketProperties, ObjectName } from "./api.js";
import type { Copies, Kept } from "./copies.js";
import { DataTypeError } from "./crdt/errors.js";
import type { DurableQueue } from "./durable-queue.js";
import { waitingForDiskMax } from "./limits.js";
import type { Message, Outgoing } from "./messages.js";
import type { ConflictRules } from "./objects/conflict.js";
import { objectName } from "./storage-key.js";
import type { Place } from "./storage.js";
import type { Handoff } from "./handoff/handoff.js";
import { MalformedBytes } from "./versions/binary.js";

/** An object that a member sent, and that is none. */
export interface RefusedEvent {
  readonly type: "refused";
  readonly from: string;
  readonly why: string;
}

export interface ReplicaOptions {
  readonly copies: Copies;
  readonly durable: DurableQueue;
  readonly nowMs: () => number;
  readonly send: (message: Outgoing) => void;
  readonly tell: (event: RefusedEvent) => void;
  /** What others may have to do with a write besides, as partitions change their owners. */
  readonly handoff: Pick<Handoff, "takes" | "isAlone" | "afterKept">;
  /** Undefined: there is no such bucket type, as far as this node knows. */
  readonly propertiesOf: (name: ObjectName) => BucketProperties | undefined;
  readonly rulesOf: (properties: BucketProperties | undefined) => ConflictRules;
}

interface Waiting {
  readonly to: string;
  readonly request: number;
  readonly atMs: number;
  isDone: boolean;
}

/** Writes that wait longer for the disk are said to be taken, at the next tick: a slow disk is no dead node. */
const tellAfterMs = 20;

/** What a node does with its copies when others ask. Whatever they send, it goes on living. */
export class Replica {
  readonly #options: ReplicaOptions;
  /** Writes that are on their way to the disk, of which nothing was said yet. */
  #silent: Waiting[] = [];

  constructor(options: ReplicaOptions) {
    this.#options = options;
  }

  write(message: Extract<Message, { readonly type: "write" }>): void {
    const { handoff, durable, nowMs, send } = this.#options;
    const { from, request, place, key, object, wanted } = message;
    if (!handoff.takes(message)) return;
    const reply = (result: "taken" | "durable" | "failed" | "overload"): void => {
      if (wanted !== "nothing") send({ type: "writeReply", to: from, request, result });
    };
    if (durable.length >= waitingForDiskMax) return reply("overload");
    const kept = this.merge(place, key, object, from);
    if (kept === undefined) return reply("failed");
    if (wanted === "nothing") return;
    const isTold = wanted === "both" && handoff.isAlone(place);
    if (isTold) reply("taken");
    const waiting: Waiting = { to: from, request, atMs: nowMs(), isDone: isTold || !handoff.isAlone(place) };
    if (!waiting.isDone) this.#silent.push(waiting);
    handoff.afterKept(place, key, kept, (isKept) => {
      waiting.isDone = true;
      reply(isKept ? "durable" : "failed");
    });
  }

  /** Merges an object from elsewhere into this node's copy. Undefined: it is none, which is told. */
  merge(place: Place, key: string, object: Uint8Array, from = ""): Kept | undefined {
    const { copies, propertiesOf, rulesOf, tell } = this.#options;
    try {
      const properties = propertiesOf(objectName(key));
      return copies.take(placeNow(place, properties), key, object, rulesOf(properties));
    } catch (error) {
      const isExpected = error instanceof MalformedBytes || error instanceof DataTypeError || error instanceof RangeError;
      if (!isExpected) throw error;
      tell({ type: "refused", from, why: error.message });
      return undefined;
    }
  }

  /** Time has passed. */
  tick(): void {
    const { nowMs, send } = this.#options;
    const stillSilent: Waiting[] = [];
    for (const waiting of this.#silent) {
      if (waiting.isDone) continue;
      if (waiting.atMs + tellAfterMs > nowMs()) stillSilent.push(waiting);
      else send({ type: "writeReply", to: waiting.to, request: waiting.request, result: "taken" });
    }
    this.#silent = stillSilent;
  }
}

/** Where a key of the place stands today, as far as this node knows how many owners its bucket has. */
function placeNow(place: Place, properties: BucketProperties | undefined): Place {
  if (place.kind === "hint" || properties === undefined || properties.nVal === place.n) return place;
  return { ...place, n: properties.nVal };
}
