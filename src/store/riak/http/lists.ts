import type { BucketProperties } from "../../leaderless/api.js";
import { collect, pull } from "../streams.js";
import type { Paged } from "../streams.js";
import { bucketIn, typeIn } from "./asked.js";
import type { Asked, Handler } from "./asked.js";
import { failureResponse, failureWord } from "./failures.js";
import { jsonResponse, jsonType } from "./json-answers.js";
import { jsonBytes, JsonObject, object } from "./json.js";
import type { Json } from "./json.js";
import type { HttpReply } from "./message.js";
import { timeoutIn } from "./options.js";
import { propertiesJson } from "./properties.js";

/** Lists of buckets and of keys, whole or in pieces that are JSON each. https://docs.riak.com/riak/kv/2.2.3/developing/api/http/list-keys/ */

export const buckets: Handler = (asked, reply) => {
  const request = { type: "listBuckets", bucketType: typeIn(asked), timeoutMs: timeoutIn(asked.query) } as const;
  return list(asked, reply, request, "buckets", []);
};

export const keys: Handler = (asked, reply) => list(asked, reply, keysRequest(asked), "keys", []);

/** Before Riak 1.0 the properties of a bucket were in the same answer, unless the client did not want them. */
export const oldBucket: Handler = (asked, reply) => {
  if (asked.query.get("props") === "false") return list(asked, reply, keysRequest(asked), "keys", []);
  const bucket = bucketIn(asked);
  let cancel = asked.session.store.ask({ type: "bucketProperties", bucket }, (answer) => {
    if (answer.ok) cancel = list(asked, reply, keysRequest(asked), "keys", propsMember(answer.value, bucket.bucket));
    else reply.respond(failureResponse(answer.failure));
  });
  return () => cancel();
};

type Members = JsonObject["entries"];

function propsMember(properties: BucketProperties, name: string): Members {
  return (propertiesJson(properties, name) as JsonObject).entries;
}

function keysRequest(asked: Asked): Extract<Paged, { type: "listKeys" }> {
  return { type: "listKeys", bucket: bucketIn(asked), timeoutMs: timeoutIn(asked.query) };
}

type Listing = Extract<Paged, { type: "listBuckets" | "listKeys" }>;

/** `before` are members of the answer besides, or of its first piece. */
function list(asked: Asked, reply: HttpReply, request: Listing, name: "buckets" | "keys", before: Members): () => void {
  const { store } = asked.session;
  const wanted = asked.query.get(name);
  if (wanted === "stream") return pieces(asked, reply, request, name, before);
  if (wanted === "true") {
    return collect(store, request, (item) => item.length, {
      whole: (items) => reply.respond(jsonResponse(200, new JsonObject([...before, [name, items]]))),
      failed: (failure) => reply.respond(failureResponse(failure)),
    });
  }
  // a list is costly, so that it has to be asked for
  const nothing: Members = name === "buckets" ? [[name, []]] : [];
  reply.respond(jsonResponse(200, new JsonObject([...before, ...nothing])));
  return () => {};
}

function pieces(asked: Asked, reply: HttpReply, request: Listing, name: string, before: Members): () => void {
  let isBegun = false;
  const say = (value: Json): void => {
    if (!isBegun) {
      isBegun = true;
      reply.begin({ status: 200, headers: [jsonType] });
      if (before.length > 0) reply.piece(jsonBytes(new JsonObject(before)));
    }
    reply.piece(jsonBytes(value));
  };
  return pull(asked.session.store, request, {
    page: ({ items }) => say(object({ [name]: items })),
    // the last piece is empty: so clients know that none was lost
    last: () => {
      say(object({ [name]: [] }));
      reply.end();
    },
    failed: (failure) => {
      if (!isBegun) {
        reply.respond(failureResponse(failure));
        return;
      }
      say(object({ error: failureWord(failure) }));
      reply.end();
    },
    whenRoom: (next) => reply.whenRoom(next),
  });
}
