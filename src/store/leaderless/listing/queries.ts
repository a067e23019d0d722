import type { Answers, IndexQuery, Request } from "../api.js";
import { bucketPrefix, objectName, typePrefix } from "../storage-key.js";
import { after, indexPrefix, isIntegerIndex, normalInteger, orderedTerm, prefixEnd, termAndKey } from "./order.js";
import { PatternError } from "./pattern-syntax.js";
import type { Range } from "./place-index.js";
import { TermPattern } from "./term-pattern.js";

/** Questions that are answered with what many nodes have. */
export type ListRequest = Extract<Request, { readonly type: "listBuckets" | "listKeys" | "index" }>;
type Item = Answers[ListRequest["type"]]["items"][number];

/** A question as what is to be read of the nodes, and what its answers are made of. */
export interface Query {
  readonly range: Range;
  readonly pattern: string | undefined;
  /** Undefined: all. */
  readonly maxResults: number | undefined;
  readonly timeoutMs: number | undefined;
  /** What a client is told of something that was read. */
  readonly itemOf: (text: string) => Item;
}

type Read = { readonly ok: true; readonly query: Query } | { readonly ok: false; readonly why: string };

/** `why`: a sentence for the client. */
export function queryOf(request: ListRequest): Read {
  switch (request.type) {
    case "listBuckets": {
      const prefix = typePrefix(request.bucketType);
      const range = { kind: "buckets", from: prefix, to: prefixEnd(prefix) } as const;
      return { ok: true, query: { ...all(request), range, itemOf: (text) => objectName(text).bucket } };
    }
    case "listKeys": {
      const prefix = bucketPrefix(request.bucket);
      const range = { kind: "keys", from: prefix, to: prefixEnd(prefix) } as const;
      return { ok: true, query: { ...all(request), range, itemOf: (text) => text.slice(prefix.length) } };
    }
    case "index":
      return indexQueryOf(request.query);
  }
}

/** What a client brings along to go on after this one. */
export function continuationAfter(text: string): string {
  return Buffer.from(text, "latin1").toString("base64");
}

/** The term of an entry, as it is read of a node. */
export function termOfEntry(kind: Range["kind"], text: string): string {
  const bucketEnd = bucketPrefix(objectName(text)).length;
  if (kind !== "entries") return text.slice(bucketEnd);
  const indexEnd = bucketEnd + 2 + ((text.charCodeAt(bucketEnd) << 8) | text.charCodeAt(bucketEnd + 1));
  return termAndKey(text.slice(bucketEnd + 2, indexEnd), text.slice(indexEnd)).term;
}

function all({ timeoutMs }: { readonly timeoutMs: number | undefined }): Pick<Query, "pattern" | "maxResults" | "timeoutMs"> {
  return { pattern: undefined, maxResults: undefined, timeoutMs };
}

function indexQueryOf(asked: IndexQuery): Read {
  const { maxResults, timeoutMs, termRegex, continuation } = asked;
  if (maxResults !== undefined && !(Number.isSafeInteger(maxResults) && maxResults > 0))
    return { ok: false, why: "max_results must be a whole number above 0" };
  const problem = termRegex === undefined ? undefined : patternProblem(asked.index, termRegex);
  if (problem !== undefined) return { ok: false, why: problem };
  const read = entriesOf(asked);
  if (typeof read === "string") return { ok: false, why: read };
  const range = continuation === undefined ? read.range : rangeAfter(read.range, continuation);
  if (range === undefined) return { ok: false, why: "The continuation is not one that this query was answered with" };
  return { ok: true, query: { range, pattern: termRegex, maxResults, timeoutMs, itemOf: read.itemOf } };
}

/** Where the entries stand; a sentence where the terms are none. */
function entriesOf({ type, bucket, index, from, to }: IndexQuery): Pick<Query, "range" | "itemOf"> | string {
  const prefix = bucketPrefix({ type, bucket });
  const keyOf = (text: string): string => text.slice(prefix.length);
  if (index === "$bucket") {
    const range = { kind: "keys", from: prefix, to: prefixEnd(prefix) } as const;
    return { range, itemOf: (text) => ({ term: bucket, key: keyOf(text) }) };
  }
  if (index === "$key") {
    const range = { kind: "keys", from: prefix + from, to: after(prefix + to) } as const;
    return { range, itemOf: (text) => ({ term: keyOf(text), key: keyOf(text) }) };
  }
  const [first, last] = isIntegerIndex(index) ? [normalInteger(from), normalInteger(to)] : [from, to];
  if (first === undefined || last === undefined) return `${index} holds whole numbers, and is asked for something else`;
  const ofIndex = indexPrefix({ type, bucket }, index);
  const range = {
    kind: "entries",
    from: ofIndex + orderedTerm(index, first),
    to: prefixEnd(ofIndex + orderedTerm(index, last)),
  } as const;
  return { range, itemOf: (text) => termAndKey(index, text.slice(ofIndex.length)) };
}

function patternProblem(index: string, source: string): string | undefined {
  if (isIntegerIndex(index)) return "Can not use term regular expression in integer query";
  try {
    new TermPattern(source);
    return undefined;
  } catch (error) {
    if (error instanceof PatternError) return `Invalid term regular expression: ${error.message}`;
    throw error;
  }
}

function rangeAfter(range: Range, continuation: string): Range | undefined {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(continuation)) return undefined;
  const last = Buffer.from(continuation, "base64").toString("latin1");
  if (last < range.from || (range.to !== undefined && last >= range.to)) return undefined;
  return { ...range, from: after(last) };
}
