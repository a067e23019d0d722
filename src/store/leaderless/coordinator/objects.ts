import type { Content, Failure, Request } from "../api.js";
import { normalIndexes } from "../listing/order.js";
import { coordinate } from "../objects/coordinate.js";
import { readingOf } from "../objects/read.js";
import { tombstone, type StoredObject, type Written } from "../objects/stored-object.js";
import { BadContext, decodeContext } from "../versions/context.js";
import { descends, emptyVector, type VersionVector } from "../versions/version-vector.js";
import { failed, noSuchType, type OnAnswer } from "./answers.js";
import type { Forwarding } from "./forwarding.js";
import type { Reads } from "./reads.js";
import type { Surroundings } from "./surroundings.js";
import type { Change, WriteOutcome, Writes } from "./writes.js";

type Put = Extract<Request, { readonly type: "put" }>;
type Delete = Extract<Request, { readonly type: "delete" }>;
type Get = Extract<Request, { readonly type: "get" }>;

/** Answers what clients ask of single objects: get, put and delete. */
export class Objects {
  readonly #around: Surroundings;
  readonly #reads: Reads;
  readonly #writes: Writes;
  readonly #forwarding: Forwarding;

  constructor(around: Surroundings, reads: Reads, writes: Writes, forwarding: Forwarding) {
    this.#around = around;
    this.#reads = reads;
    this.#writes = writes;
    this.#forwarding = forwarding;
  }

  get({ name, options }: Get, onAnswer: OnAnswer): void {
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
  delete({ name, context, read, write }: Delete, onAnswer: OnAnswer): void {
    const request = { type: "put", name, content: tombstone, options: write, condition: "none", returnBody: false } as const;
    const put = (seen: Uint8Array): void =>
      this.#forwarding.begin({ ...request, context: seen }, (answer) => onAnswer(answer.ok ? { ok: true, value: true } : answer));
    if (context !== undefined) return put(context);
    this.get({ type: "get", name, options: read }, (answer) => {
      if (!answer.ok) return onAnswer(answer);
      const value = answer.value as { readonly siblings: unknown; readonly context: Uint8Array | undefined };
      if (value.siblings === "notfound" || value.context === undefined) onAnswer({ ok: true, value: false });
      else put(value.context);
    });
  }

  /** Coordinates a write, where this node keeps a copy of its object. */
  coordinatePut(request: Put, onAnswer: OnAnswer, wallMs = this.#around.wallMs()): void {
    if (request.condition === "none") return this.#put(request, onAnswer, wallMs);
    const properties = this.#around.propertiesOf(request.name);
    if (properties === undefined) return onAnswer(noSuchType(request.name));
    const { nVal, timeoutMs, sloppyQuorum } = request.options;
    this.#reads.begin(request.name, { nVal, timeoutMs, sloppyQuorum }, properties, (outcome) => {
      const problem = outcome.ok ? problemWith(request, outcome.object) : outcome.reason;
      if (problem !== undefined) onAnswer(failed(problem, true));
      else this.#put(request, onAnswer, wallMs);
    });
  }

  #put(request: Put, onAnswer: OnAnswer, wallMs: number): void {
    const { propertiesOf, rulesOf } = this.#around;
    const properties = propertiesOf(request.name);
    if (properties === undefined) return onAnswer(noSuchType(request.name));
    const context = contextOf(request);
    if (typeof context === "string") return onAnswer(failed({ type: "invalid", why: context }, true));
    const rules = rulesOf(properties);
    const indexes = normalIndexes(request.content.indexes);
    if (indexes === undefined)
      return onAnswer(failed({ type: "invalid", why: "An index of whole numbers is given something else" }, true));
    const written = writtenOf(request.content, indexes);
    if (properties.datatype !== undefined && !written.isTombstone)
      return onAnswer(
        failed({ type: "invalid", why: `The bucket holds values of the data type ${properties.datatype} only` }, true),
      );
    const change: Change = (local, actors) => coordinate(local, context, written, actors, wallMs, rules);
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

/** What a client writes, or its deletion. */
function writtenOf(content: Content & { readonly isTombstone?: boolean }, indexes: Content["indexes"]): Written {
  const { value, contentType, charset, contentEncoding, userMeta, links, isTombstone = false } = content;
  return { value, contentType, charset, contentEncoding, userMeta, indexes, links, isTombstone };
}
