import type { Answers, BucketProperties, DataTypeName, DataTypeRead } from "../../leaderless/api.js";
import { defaultType } from "../../leaderless/api.js";
import { bucketIn, objectIn } from "./asked.js";
import type { Asked, Handler } from "./asked.js";
import { operationOf, valueJson } from "./data-type-json.js";
import { failureResponse } from "./failures.js";
import { jsonResponse } from "./json-answers.js";
import { JsonObject, JsonTextError, object, parseJson } from "./json.js";
import type { Json } from "./json.js";
import { HttpRefusal, textResponse } from "./message.js";
import type { Header, HttpReply } from "./message.js";
import { noContent } from "./object-answers.js";
import { booleanIn, readOptionsOf, writeOptionsOf } from "./options.js";
import { bucketPath, encoded } from "./path.js";

/** Data types of bucket types that are for them. https://docs.riak.com/riak/kv/2.2.3/developing/data-types/ */

export const fetch: Handler = (asked, reply) => {
  if (isInDefaultType(asked, reply)) return undefined;
  const request = { type: "fetchDataType", name: objectIn(asked), options: readOptionsOf(asked.query) } as const;
  return asked.session.store.ask(request, (answer) => {
    if (!answer.ok) reply.respond(failureResponse(answer.failure));
    else reply.respond(found(asked, answer.value));
  });
};

function found(asked: Asked, { datatype, found: read }: Answers["fetchDataType"]): ReturnType<typeof jsonResponse> {
  if (read === undefined) return jsonResponse(404, object({ type: datatype, error: "notfound" }));
  return jsonResponse(200, readJson(asked, datatype, read));
}

function readJson({ query }: Asked, datatype: DataTypeName, { value, context }: DataTypeRead): Json {
  const isShown = (booleanIn(query, "include_context") ?? true) && context.length > 0;
  const shown = isShown ? { context: Buffer.from(context).toString("base64") } : {};
  return object({ type: datatype, value: valueJson(value), ...shown });
}

/** What the operation means depends on the bucket type, so that is asked for first. */
export const update: Handler = (asked, reply) => {
  if (isInDefaultType(asked, reply)) return undefined;
  if (asked.request.headers.get("content-type")?.split(";", 1)[0]?.trim() !== "application/json")
    throw new HttpRefusal(406, "operations of data types are application/json\n");
  const json = bodyOf(asked);
  // refused before anything is done
  writeOptionsOf(asked.query);
  booleanIn(asked.query, "include_context");
  booleanIn(asked.query, "returnbody");
  let cancel = asked.session.store.ask({ type: "bucketProperties", bucket: bucketIn(asked) }, (answer) => {
    if (!answer.ok) reply.respond(failureResponse(answer.failure));
    else cancel = apply(asked, reply, json, dataTypeOf(answer.value));
  });
  return () => cancel();
};

/** Throws {@link HttpRefusal}. */
function bodyOf({ request }: Asked): Json {
  try {
    return parseJson(request.body);
  } catch (error) {
    if (error instanceof JsonTextError) throw new HttpRefusal(400, `Couldn't decode JSON: ${error.message}\n`);
    throw error;
  }
}

function dataTypeOf({ datatype, allowMult }: BucketProperties): DataTypeName {
  if (!allowMult) throw new HttpRefusal(403, "Bucket must be allow_mult=true\n");
  if (datatype === undefined) throw new HttpRefusal(403, "Bucket datatype 'undefined' is not a supported type.\n");
  return datatype;
}

function apply(asked: Asked, reply: HttpReply, json: Json, datatype: DataTypeName): () => void {
  const { operation, context } = withoutContext(json);
  const name = objectIn(asked);
  const returnBody = booleanIn(asked.query, "returnbody") === true;
  const isMade = asked.names["key"] === undefined;
  const location: Header[] = isMade ? [["Location", `${bucketPath(name, "types")}/datatypes/${encoded(name.key)}`]] : [];
  const options = writeOptionsOf(asked.query);
  const op = operationOf(datatype, operation);
  return asked.session.store.ask({ type: "updateDataType", name, op, context, options, returnBody }, (answer) => {
    if (!answer.ok) reply.respond(failureResponse(answer.failure));
    else if (answer.value !== undefined)
      reply.respond(jsonResponse(isMade ? 201 : 200, readJson(asked, datatype, answer.value), location));
    else reply.respond(isMade ? { ...noContent, status: 201, headers: location } : noContent);
  });
}

/** The context of the value whose elements are to be removed stands among the members of the operation. */
function withoutContext(json: Json): { readonly operation: Json; readonly context: Uint8Array | undefined } {
  if (!(json instanceof JsonObject)) return { operation: json, context: undefined };
  const given = json.get("context");
  if (given !== undefined && (typeof given !== "string" || !/^[A-Za-z0-9+/]*={0,2}$/.test(given)))
    throw new HttpRefusal(400, "Couldn't decode JSON: the context is not base64\n");
  const operation = new JsonObject(json.entries.filter(([name]) => name !== "context"));
  return { operation, context: given === undefined || given === "" ? undefined : Buffer.from(given, "base64") };
}

/** That type has counters of Riak 1.4 only, at a path of their own. */
function isInDefaultType(asked: Asked, reply: HttpReply): boolean {
  const { type, bucket } = bucketIn(asked);
  if (type !== defaultType) return false;
  const key = asked.names["key"];
  const counters = `/buckets/${encoded(bucket)}/counters${key === undefined ? "" : `/${encoded(key)}`}`;
  reply.respond(textResponse(301, "Counters in the default bucket-type should use the legacy URL\n", [["Location", counters]]));
  return true;
}
