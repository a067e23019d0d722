import type { Answer, Failure, ObjectName, Request } from "./api.js";
import type { Reads } from "./coordinator/reads.js";
import { requestTimeoutMs, type PlacedReplica, type Surroundings } from "./coordinator/surroundings.js";
import type { Change, WriteOutcome, Writes } from "./coordinator/writes.js";
import type { Coordinated } from "./messages.js";
import { coordinate } from "./objects/coordinate.js";
import { readingOf } from "./objects/read.js";
import { tombstone, type StoredObject } from "./objects/stored-object.js";
import type { ReapDecision } from "./objects/tombstones.js";
import { storageKey } from "./storage-key.js";
import { BadContext, decodeContext } from "./versions/context.js";
import { emptyVector, descends, type VersionVector } from "./versions/version-vector.js";

type Put = Extract<Request, { readonly type: "put" }>;
type Delete = Extract<Request, { readonly type: "delete" }>;
type Get = Extract<Request, { readonly type: "get" }>;
type OnAnswer = (answer: Answer<Request["type"]>) => void;

interface Forwarded {
  readonly to: string;
  readonly onAnswer: OnAnswer;
  readonly endsAtMs: number;
}

/** A deletion that is to be forgotten once its time has come. */
interface Reaping {
  readonly atMs: number;
  readonly key: string;
  readonly replicas: readonly PlacedReplica[];
  readonly objectHash: number;
}

/** Answers what clients ask of this node, with the replicas' help. */
export class Questions {
  readonly #around: Surroundings;
  readonly #reads: Reads;
  readonly #writes: Writes;
  readonly #forwarded = new Map<number, Forwarded>();
  #reapings: Reaping[] = [];

  constructor(around: Surroundings, reads: Reads, writes: Writes) {
    this.#around = around;
    this.#reads = reads;
    this.#writes = writes;
  }

  keyOf(name: ObjectName): string {
    return storageKey(name);
  }

  ask(request: Request, onAnswer: OnAnswer): void {
    switch (request.type) {
      case "get":
        return this.#get(request, onAnswer);
      case "put":
        return this.#findCoordinator(request, onAnswer);
      case "delete":
        return this.#delete(request, onAnswer);
      default:
        return onAnswer(failed({ type: "invalid", why: `this store does not answer ${request.type} yet` }, true));
    }
  }

  /** Coordinates a write, where this node keeps a copy of its object. */
  coordinate(request: Coordinated, onAnswer: OnAnswer): void {
    if (request.type !== "put") return onAnswer(failed({ type: "invalid", why: "data types are not there yet" }, true));
    if (!this.#around.isReady()) return onAnswer(failed({ type: "overload" }, true));
    if (request.condition === "none") return this.#put(request, onAnswer);
    const properties = this.#around.propertiesOf(request.name);
    if (properties === undefined) return onAnswer(noSuchType(request.name));
    const { nVal, timeoutMs, sloppyQuorum } = request.options;
    this.#reads.begin(request.name, { nVal, timeoutMs, sloppyQuorum }, properties, (outcome) => {
      const problem = outcome.ok ? problemWith(request, outcome.object) : outcome.reason;
      if (problem !== undefined) onAnswer(failed(problem, true));
      else this.#put(request, onAnswer);
    });
  }

  forwarded(from: string, request: number, answer: Answer<Request["type"]>): void {
    const waiting = this.#forwarded.get(request);
    if (waiting?.to !== from) return;
    this.#forwarded.delete(request);
    waiting.onAnswer(answer);
  }

  /** Nothing that was asked of this member will be answered: whether it has written, nobody knows. */
  lost(member: string): void {
    for (const [request, { to, onAnswer }] of this.#forwarded) {
      if (to !== member) continue;
      this.#forwarded.delete(request);
      onAnswer(failed({ type: "timeout" }, false));
    }
  }

  /** All owners have this deletion, and forget it in their time. */
  reap(name: ObjectName, replicas: readonly PlacedReplica[], decision: Extract<ReapDecision, { readonly kind: "reap" }>): void {
    const { afterMs, objectHash } = decision;
    this.#reapings.push({ atMs: this.#around.nowMs() + afterMs, key: storageKey(name), replicas, objectHash });
  }

  /** Time has passed. */
  tick(): void {
    const nowMs = this.#around.nowMs();
    for (const [request, { endsAtMs, onAnswer }] of this.#forwarded) {
      if (endsAtMs > nowMs) continue;
      this.#forwarded.delete(request);
      onAnswer(failed({ type: "timeout" }, false));
    }
    const due = this.#reapings.filter(({ atMs }) => atMs <= nowMs);
    if (due.length === 0) return;
    this.#reapings = this.#reapings.filter(({ atMs }) => atMs > nowMs);
    for (const reaping of due) this.#reap(reaping);
  }

  #reap({ key, replicas, objectHash }: Reaping): void {
    const { self, copies, send } = this.#around;
    for (const { member, place } of replicas) {
      if (member === self) copies.removeIf(place, key, objectHash);
      else send({ type: "reap", to: member, place, key, objectHash });
    }
  }

  #get({ name, options }: Get, onAnswer: OnAnswer): void {
    const properties = this.#around.propertiesOf(name);
    if (properties === undefined) return onAnswer(noSuchType(name));
    this.#reads.begin(name, options, properties, (outcome) => {
      if (!outcome.ok) return onAnswer(failed(outcome.reason, true));
      const reading = readingOf(outcome.object, this.#around.rulesOf(properties));
      if (reading.kind === "found") return onAnswer({ ok: true, value: reading.object });
      const context = reading.kind === "deleted" ? reading.context : undefined;
      return onAnswer({ ok: true, value: { siblings: "notfound", context } });
    });
  }

  /** Read, then write a deletion of what was read, as Riak does where the client brings no context along. */
  #delete({ name, context, read, write }: Delete, onAnswer: OnAnswer): void {
    const request = { type: "put", name, content: tombstone, options: write, condition: "none", returnBody: false } as const;
    const put = (seen: Uint8Array): void =>
      this.#findCoordinator({ ...request, context: seen }, (answer) => onAnswer(answer.ok ? { ok: true, value: true } : answer));
    if (context !== undefined) return put(context);
    this.#get({ type: "get", name, options: read }, (answer) => {
      if (!answer.ok) return onAnswer(answer);
      const value = answer.value as { readonly siblings: unknown; readonly context: Uint8Array | undefined };
      if (value.siblings === "notfound" || value.context === undefined) onAnswer({ ok: true, value: false });
      else put(value.context);
    });
  }

  #findCoordinator(request: Coordinated, onAnswer: OnAnswer): void {
    const { self, send, newRequest, nowMs, propertiesOf } = this.#around;
    const properties = propertiesOf(request.name);
    if (properties === undefined) return onAnswer(noSuchType(request.name));
    const to = this.#writes.coordinatorOf(request.name, request.options, properties);
    if (to === self) return this.coordinate(request, onAnswer);
    if (to === undefined) return onAnswer(failed({ type: "insufficientNodes", wanted: 1, got: 0 }, true));
    const id = newRequest();
    this.#forwarded.set(id, { to, onAnswer, endsAtMs: nowMs() + (request.options.timeoutMs ?? requestTimeoutMs) });
    send({ type: "forward", to, request: id, asked: request });
  }

  #put(request: Put, onAnswer: OnAnswer): void {
    const { wallMs, propertiesOf, rulesOf } = this.#around;
    const properties = propertiesOf(request.name);
    if (properties === undefined) return onAnswer(noSuchType(request.name));
    const context = contextOf(request);
    if (typeof context === "string") return onAnswer(failed({ type: "invalid", why: context }, true));
    const rules = rulesOf(properties);
    const written = { isTombstone: false, ...request.content };
    const change: Change = (local, actors) => coordinate(local, context, written, actors, wallMs(), rules);
    this.#writes.begin(request.name, request.options, properties, change, (outcome: WriteOutcome) => {
      if (!outcome.ok) return onAnswer(failed(outcome.reason, outcome.isDefinite));
      const reading = request.returnBody ? readingOf(outcome.object, rules) : undefined;
      return onAnswer({ ok: true, value: reading?.kind === "found" ? reading.object : undefined });
    });
  }
}

/** What speaks against a conditional write, given what there is. */
function problemWith(request: Put, found: StoredObject | undefined): Failure["reason"] | undefined {
  if (request.condition === "noneMatch")
    return found === undefined || found.siblings.every(({ isTombstone }) => isTombstone) ? undefined : { type: "matchFound" };
  if (found === undefined) return { type: "notFound" };
  const context = contextOf(request);
  if (typeof context === "string") return { type: "invalid", why: context };
  return descends(context, found.vector) && descends(found.vector, context) ? undefined : { type: "modified" };
}

/** A sentence where it is none of ours. */
function contextOf({ context }: Put): VersionVector | string {
  try {
    return context === undefined ? emptyVector : decodeContext(context);
  } catch (error) {
    if (error instanceof BadContext) return error.message;
    throw error;
  }
}

function failed(reason: Failure["reason"], definite: boolean): Answer<Request["type"]> {
  return { ok: false, failure: { definite, reason } };
}

function noSuchType({ type }: ObjectName): Answer<Request["type"]> {
  return failed({ type: "noSuchType", bucketType: type }, true);
}
