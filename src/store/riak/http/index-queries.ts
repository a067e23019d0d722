import type { Failure, IndexQuery } from "../../leaderless/api.js";
import { binaryTerm } from "../../leaderless/crdt/errors.js";
import { indexFieldFault, isIntegerIndex } from "../index-fields.js";
import { collect, pull } from "../streams.js";
import { bucketIn } from "./asked.js";
import type { Asked, Handler } from "./asked.js";
import { failureResponse, failureWord } from "./failures.js";
import { jsonResponse, jsonType } from "./json-answers.js";
import { jsonBytes, JsonObject, object } from "./json.js";
import type { Json } from "./json.js";
import { HttpRefusal } from "./message.js";
import type { HttpReply } from "./message.js";
import { multipartType, partHead, partsEnd } from "./multipart.js";
import { booleanIn, countIn, timeoutIn } from "./options.js";
import { decoded } from "./path.js";

/** Secondary indexes. https://docs.riak.com/riak/kv/2.2.3/developing/api/http/secondary-indexes/ */
export const index: Handler = (asked, reply) => {
  const query = queryOf(asked);
  // results are sorted whether that is asked for or not, but what is no boolean is refused
  booleanIn(asked.query, "pagination_sort");
  const request = { type: "index", query } as const;
  if (asked.query.get("stream") === "true") return parts(asked, reply, query);
  const bytesOf = ({ term, key }: Entry): number => key.length + (query.returnTerms ? term.length : 0);
  return collect(asked.session.store, request, bytesOf, {
    whole: (items, { continuation }) => {
      const members = [...results(items, query).entries, ...continued(continuation).entries];
      reply.respond(jsonResponse(200, new JsonObject(members)));
    },
    failed: (failure) => reply.respond(failureResponse(failure)),
  });
};

interface Entry {
  readonly term: string;
  readonly key: string;
}

/** Each page is a part, and the continuation one of its own. */
function parts(asked: Asked, reply: HttpReply, query: IndexQuery): () => void {
  const boundary = asked.session.newKey();
  let isBegun = false;
  const begin = (): void => {
    if (!isBegun) reply.begin({ status: 200, headers: [["Content-Type", multipartType(boundary)]] });
    isBegun = true;
  };
  const part = (value: Json): void => {
    begin();
    reply.piece(Buffer.concat([partHead([jsonType], boundary), jsonBytes(value)]));
  };
  const end = (): void => {
    begin();
    reply.piece(partsEnd(boundary));
    reply.end();
  };
  const failed = (failure: Failure): void => {
    if (!isBegun) {
      reply.respond(failureResponse(failure));
      return;
    }
    part(object({ error: failureWord(failure) }));
    end();
  };
  return pull(
    asked.session.store,
    { type: "index", query },
    {
      page: ({ items }) => part(results(items, query)),
      last: ({ continuation }) => {
        if (continuation !== undefined) part(continued(continuation));
        end();
      },
      failed,
      whenRoom: (next) => reply.whenRoom(next),
    },
  );
}

function results(items: readonly Entry[], { returnTerms }: IndexQuery): JsonObject {
  if (!returnTerms) return object({ keys: items.map(({ key }) => key) });
  return object({ results: items.map(({ term, key }) => new JsonObject([[term, key]])) });
}

/** A continuation is any bytes, so that it goes through JSON and paths as base64 for both. */
function continued(continuation: string | undefined): JsonObject {
  if (continuation === undefined) return object({});
  return object({ continuation: Buffer.from(continuation, "latin1").toString("base64url") });
}

/** Throws {@link HttpRefusal}. */
function queryOf(asked: Asked): IndexQuery {
  const { names, rest, query } = asked;
  const { type, bucket } = bucketIn(asked);
  const name = names["index"] ?? "";
  const [from, to] = rangeOf(name, bucket, rest.map(decoded));
  for (const term of [from, to]) {
    const fault = indexFieldFault(name, term);
    if (fault !== undefined) throw new HttpRefusal(400, `Invalid query: ${fault}\n`);
  }
  const termRegex = query.get("term_regex");
  if (termRegex !== undefined) checkRegex(termRegex, name);
  const continuation = query.get("continuation");
  return {
    type,
    bucket,
    index: name,
    from,
    to,
    // where all terms are alike, or are the keys themselves, there is nothing to return
    returnTerms: booleanIn(query, "return_terms") === true && rest.length === 2 && !name.startsWith("$"),
    termRegex,
    maxResults: countIn(query, "max_results"),
    continuation: continuation === undefined ? undefined : Buffer.from(continuation, "base64url").toString("latin1"),
    timeoutMs: timeoutIn(query),
  };
}

function rangeOf(name: string, bucket: string, terms: readonly string[]): readonly [string, string] {
  // of this index a bucket is the only term that is asked for, whatever the path says
  if (name === "$bucket") return [bucket, bucket];
  const [from, to, ...others] = terms;
  if (from === undefined || others.length > 0)
    throw new HttpRefusal(400, "Invalid query: an index is asked for one term, or for the first and the last of a range\n");
  return [from, to ?? from];
}

function checkRegex(source: string, name: string): void {
  if (isIntegerIndex(name)) throw new HttpRefusal(400, "Can not use term regular expressions on integer queries\n");
  try {
    RegExp(source);
  } catch (error) {
    throw new HttpRefusal(400, `Invalid term regular expression ${binaryTerm(source)} : ${(error as Error).message}\n`);
  }
}
