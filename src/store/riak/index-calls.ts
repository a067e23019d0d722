import type { IndexQuery } from "../leaderless/api.js";
import { binaryTerm } from "../leaderless/crdt/errors.js";
import { decode } from "../wire/decode.js";
import { encode } from "../wire/encode.js";
import type { Given, Message } from "../wire/schema.js";
import { bucketOf } from "./bucket-calls.js";
import { end, Refusal } from "./call.js";
import type { Call } from "./call.js";
import { code } from "./codes.js";
import { indexFieldFault, isIntegerIndex } from "./index-fields.js";
import { RpbIndexReq, RpbIndexResp } from "./object-messages.js";
import { gather, stream } from "./streams.js";

type Fields<M> = M extends Message<infer T> ? T : never;
interface Entry {
  readonly term: string;
  readonly key: string;
}

export const index: Call = (body, session, reply) => {
  const request = decode(RpbIndexReq, body);
  if (request.returnBody === true) throw new Refusal("return_body is not supported by this store");
  const query = queryOf(request);
  const asked = { type: "index", query } as const;
  if (request.stream !== true) {
    const bytesOf = ({ term, key }: Entry): number => key.length + (query.returnTerms ? term.length : 0);
    return gather(session, reply, asked, bytesOf, (items, { continuation }) =>
      end(reply, code.indexResp, RpbIndexResp, { ...results(items, query), continuation }),
    );
  }
  return stream(session, reply, asked, {
    page: ({ items }) => reply.part(code.indexResp, encode(RpbIndexResp, results(items, query))),
    last: ({ continuation }) => end(reply, code.indexResp, RpbIndexResp, { continuation, done: true }),
  });
};

function results(items: readonly Entry[], { returnTerms }: IndexQuery): Given<Fields<typeof RpbIndexResp>> {
  if (!returnTerms) return { keys: items.map(({ key }) => key) };
  return { results: items.map(({ term, key }) => ({ key: term, value: key })) };
}

/** Throws {@link Refusal} at what is no query, with Riak's words for it. */
function queryOf(request: Fields<typeof RpbIndexReq>): IndexQuery {
  const { index, termRegex, maxResults, continuation, timeout } = request;
  const { bucket, type } = bucketOf(request);
  const [from, to] = rangeOf(request);
  for (const term of [from, to]) {
    const fault = indexFieldFault(index, term);
    if (fault !== undefined) throw new Refusal(fault);
  }
  if (termRegex !== undefined) checkRegex(termRegex, index);
  // where all terms are alike, or are the keys themselves, there is nothing to return
  const hasTerms = request.qtype === range && !index.startsWith("$");
  const returnTerms = hasTerms && request.returnTerms === true;
  return { type, bucket, index, from, to, returnTerms, termRegex, maxResults, continuation, timeoutMs: timeout };
}

/** RpbIndexReq.IndexQueryType; 0 is `eq`. */
const range = 1;

function rangeOf(request: Fields<typeof RpbIndexReq>): readonly [string, string] {
  const { index, bucket, qtype, key, rangeMin, rangeMax } = request;
  // of this index a bucket is the only term that is asked for, whatever the request says
  if (index === "$bucket") return [bucket, bucket];
  if (qtype === 0) {
    if (key === undefined) throw new Refusal("Invalid equality query undefined");
    return [key, key];
  }
  if (qtype !== range) throw new Refusal(`Invalid query type ${qtype}`);
  if (rangeMin === undefined || rangeMax === undefined)
    throw new Refusal(`Invalid range query: ${termOf(rangeMin)} -> ${termOf(rangeMax)}`);
  return [rangeMin, rangeMax];
}

function termOf(bytes: string | undefined): string {
  return bytes === undefined ? "undefined" : binaryTerm(bytes);
}

function checkRegex(source: string, index: string): void {
  if (isIntegerIndex(index)) throw new Refusal("Can not use term regular expression in integer query");
  try {
    RegExp(source);
  } catch (error) {
    throw new Refusal(`Invalid term regular expression ${binaryTerm(source)} : ${(error as Error).message}`);
  }
}
