import type { DataTypeRead } from "../../leaderless/api.js";
import { bucketIn, objectIn } from "./asked.js";
import type { Asked, Handler } from "./asked.js";
import { failureResponse } from "./failures.js";
import { HttpRefusal, textResponse } from "./message.js";
import type { HttpReply, HttpResponse } from "./message.js";
import { noContent, notFound } from "./object-answers.js";
import { readOptionsOf, writeOptionsOf } from "./options.js";

/** Counters of Riak 1.4, which had no bucket types. https://docs.riak.com/riak/kv/2.2.3/developing/api/http/counters/ */

export const fetch: Handler = (asked, reply) => {
  const request = { type: "fetchDataType", name: objectIn(asked), options: readOptionsOf(asked.query) } as const;
  return asked.session.store.ask(request, (answer) => {
    if (!answer.ok) reply.respond(failureResponse(answer.failure));
    else reply.respond(answer.value.found === undefined ? notFound(undefined) : countOf(answer.value.found));
  });
};

function countOf({ value }: DataTypeRead): HttpResponse {
  return textResponse(200, value.kind === "counter" ? value.value.toString() : "0");
}

export const update: Handler = (asked, reply) => {
  const increment = amountIn(asked);
  writeOptionsOf(asked.query);
  let cancel = asked.session.store.ask({ type: "bucketProperties", bucket: bucketIn(asked) }, (answer) => {
    if (!answer.ok) reply.respond(failureResponse(answer.failure));
    else if (answer.value.allowMult) cancel = count(asked, reply, increment);
    else reply.respond(textResponse(409, "Counters require bucket property 'allow_mult=true'"));
  });
  return () => cancel();
};

function count(asked: Asked, reply: HttpReply, increment: bigint): () => void {
  const request = {
    type: "updateDataType",
    name: objectIn(asked),
    op: { kind: "counter", increment },
    context: undefined,
    options: writeOptionsOf(asked.query),
    returnBody: asked.query.get("returnvalue") === "true",
  } as const;
  return asked.session.store.ask(request, (answer) => {
    if (!answer.ok) reply.respond(failureResponse(answer.failure));
    else reply.respond(answer.value === undefined ? noContent : countOf(answer.value));
  });
}

/** Throws {@link HttpRefusal}. */
function amountIn({ request }: Asked): bigint {
  const text = request.body.toString("latin1");
  const amount = /^[-+]?[0-9]{1,19}$/.test(text) ? BigInt(text.replace("+", "")) : undefined;
  if (amount === undefined || BigInt.asIntN(64, amount) !== amount)
    throw new HttpRefusal(400, "The body is to be a whole number of 64 bits\n");
  return amount;
}
