import type { Answer, ObjectName, Request } from "../../leaderless/api.js";
import { bucketIn, objectIn } from "./asked.js";
import type { Asked, Handler } from "./asked.js";
import { isAllowed, isKnown, validatorsOf } from "./conditions.js";
import { contentOfRequest } from "./content-headers.js";
import { failureResponse } from "./failures.js";
import { HttpRefusal, textResponse } from "./message.js";
import type { HttpReply } from "./message.js";
import { noContent, notFound, readResponse, writtenResponse } from "./object-answers.js";
import { booleanIn, quorumIn, readOptionsOf, writeOptionsOf } from "./options.js";
import { keyPath } from "./path.js";

/** Objects as HTTP has them. https://docs.riak.com/riak/kv/2.2.3/developing/api/http/ */

export const get: Handler = (asked, reply) => {
  const request = { type: "get", name: objectIn(asked), options: readOptionsOf(asked.query) } as const;
  return asked.session.store.ask(request, (answer) => {
    if (!answer.ok) reply.respond(failureResponse(answer.failure));
    else if (answer.value.siblings === "notfound") reply.respond(notFound(answer.value.context));
    else reply.respond(readResponse(asked, answer.value));
  });
};

export const put: Handler = (asked, reply) => putAt(objectIn(asked), asked, reply);

/** Under a key that is made up. */
export const create: Handler = (asked, reply) => {
  const name = objectIn(asked);
  const location = keyPath(bucketIn(asked), name.key, asked.style);
  return putAt(name, asked, {
    respond: (response) => {
      if (response.status >= 400) reply.respond(response);
      else reply.respond({ ...response, status: 201, headers: [...response.headers, ["Location", location]] });
    },
  });
};

type Responding = Pick<HttpReply, "respond">;

function putAt(name: ObjectName, asked: Asked, reply: Responding): () => void {
  const { request, query, session } = asked;
  const { headers } = request;
  if (booleanIn(query, "asis") === true) throw new HttpRefusal(400, "asis is for Riak's replication, which is not here\n");
  const ifNoneMatch = headers.get("if-none-match")?.trim();
  const put: Extract<Request, { type: "put" }> = {
    type: "put",
    name,
    context: contextOf(headers),
    content: contentOfRequest(request, name),
    options: writeOptionsOf(query),
    condition: ifNoneMatch === "*" ? "noneMatch" : "none",
    returnBody: query.get("returnbody") === "true",
  };
  const store = (): (() => void) =>
    session.store.ask(put, (answer) => {
      if (!answer.ok) reply.respond(failureResponse(answer.failure));
      else if (answer.value === undefined) reply.respond(noContent);
      else reply.respond(writtenResponse(asked, answer.value));
    });
  const compares = ifNoneMatch !== undefined && ifNoneMatch !== "*";
  return compares || hasConditions(headers) ? ifAllowed(name, asked, reply, store) : store();
}

export const remove: Handler = (asked, reply) => {
  const { request, query, session } = asked;
  const read = readOptionsOf(query);
  const write = writeOptionsOf(query);
  const rw = quorumIn(query, "rw");
  const name = objectIn(asked);
  const removal = {
    type: "delete",
    name,
    context: contextOf(request.headers),
    read: { ...read, r: read.r ?? rw },
    write: { ...write, w: write.w ?? rw, dw: write.dw ?? rw },
  } as const;
  const remove = (): (() => void) =>
    session.store.ask(removal, (answer) => {
      if (!answer.ok) reply.respond(failureResponse(answer.failure));
      else reply.respond(answer.value ? noContent : notFound(undefined));
    });
  return hasConditions(request.headers) ? ifAllowed(name, asked, reply, remove) : remove();
};

function hasConditions(headers: ReadonlyMap<string, string>): boolean {
  return headers.has("if-match") || headers.has("if-unmodified-since");
}

/** Reads first, and compares: writes elsewhere at the same time are not excluded, as in Riak. */
function ifAllowed(name: ObjectName, asked: Asked, reply: Responding, write: () => () => void): () => void {
  const { headers } = asked.request;
  const tags = new Map([...headers].filter(([header]) => header === "if-none-match"));
  const compared = ({ value }: Extract<Answer<"get">, { ok: true }>): boolean => {
    const [one, ...others] = value.siblings === "notfound" ? [] : value.siblings;
    if (value.siblings === "notfound") return isAllowed(headers, undefined);
    const validators = validatorsOf(value, others.length === 0 ? one : undefined);
    return isAllowed(headers, validators) && !isKnown(tags, validators);
  };
  let cancel = asked.session.store.ask({ type: "get", name, options: readOptionsOf(asked.query) }, (answer) => {
    if (!answer.ok) reply.respond(failureResponse(answer.failure));
    else if (compared(answer)) cancel = write();
    else reply.respond(textResponse(412, ""));
  });
  return () => cancel();
}

/** Throws {@link HttpRefusal}. */
function contextOf(headers: ReadonlyMap<string, string>): Uint8Array | undefined {
  const text = headers.get("x-riak-vclock");
  if (text === undefined || text === "") return undefined;
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text)) throw new HttpRefusal(400, "X-Riak-Vclock is not base64\n");
  return Buffer.from(text, "base64");
}
