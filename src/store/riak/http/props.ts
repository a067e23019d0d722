import type { Answer, Request } from "../../leaderless/api.js";
import { bucketIn, typeIn } from "./asked.js";
import type { Asked, Handler } from "./asked.js";
import { failureResponse } from "./failures.js";
import { jsonResponse } from "./json-answers.js";
import { JsonObject, JsonTextError, parseJson } from "./json.js";
import { HttpRefusal } from "./message.js";
import type { HttpReply } from "./message.js";
import { noContent } from "./object-answers.js";
import { propertiesJson, propertiesOfJson } from "./properties.js";

/** Properties of buckets and of bucket types. https://docs.riak.com/riak/kv/2.2.3/developing/api/http/get-bucket-props/ */

export const getBucket: Handler = (asked, reply) => {
  const bucket = bucketIn(asked);
  return asked.session.store.ask({ type: "bucketProperties", bucket }, (answer) => {
    if (answer.ok) reply.respond(jsonResponse(200, propertiesJson(answer.value, bucket.bucket)));
    else reply.respond(failureResponse(answer.failure));
  });
};

export const setBucket: Handler = (asked, reply) =>
  change(asked, reply, { type: "setBucketProperties", bucket: bucketIn(asked), properties: givenIn(asked) });

export const resetBucket: Handler = (asked, reply) =>
  change(asked, reply, { type: "resetBucketProperties", bucket: bucketIn(asked) });

export const getType: Handler = (asked, reply) =>
  asked.session.store.ask({ type: "typeProperties", bucketType: typeIn(asked) }, (answer) => {
    if (answer.ok) reply.respond(jsonResponse(200, propertiesJson(answer.value, undefined)));
    else reply.respond(failureResponse(answer.failure));
  });

export const setType: Handler = (asked, reply) =>
  change(asked, reply, { type: "setTypeProperties", bucketType: typeIn(asked), properties: givenIn(asked) });

type Change = Extract<Request, { type: "setBucketProperties" | "resetBucketProperties" | "setTypeProperties" }>;

function change(asked: Asked, reply: HttpReply, request: Change): () => void {
  return asked.session.store.ask(request, (answer: Answer<Change["type"]>) =>
    reply.respond(answer.ok ? noContent : failureResponse(answer.failure)),
  );
}

/** Throws {@link HttpRefusal}. */
function givenIn({ request }: Asked): ReturnType<typeof propertiesOfJson> {
  const type = request.headers.get("content-type")?.split(";", 1)[0]?.trim();
  if (type !== "application/json") throw new HttpRefusal(415, "bucket properties are application/json\n");
  const props = objectIn(request.body)?.get("props");
  if (props instanceof JsonObject) return propertiesOfJson(props);
  throw new HttpRefusal(400, 'bucket PUT must be a JSON object of the form:\n{"props":{...bucket properties...}}\n');
}

function objectIn(body: Buffer): JsonObject | undefined {
  try {
    const json = parseJson(body);
    return json instanceof JsonObject ? json : undefined;
  } catch (error) {
    if (error instanceof JsonTextError) return undefined;
    throw error;
  }
}
