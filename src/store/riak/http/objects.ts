import type {
  Answer,
  Bucket,
  LeaderlessStore,
  ObjectName,
  ReadObject,
  ReadOptions,
  Request,
  Sibling,
} from "../../leaderless/api.js";
import { isAllowed, isKnown, validatorsOf } from "./conditions.js";
import type { Validators } from "./conditions.js";
import { contentOfRequest, siblingHeaders } from "./content-headers.js";
import { failureResponse } from "./failures.js";
import { HttpRefusal, textResponse } from "./message.js";
import type { Header, HttpRequest, HttpResponse } from "./message.js";
import { quorumIn, readOptionsOf, writeOptionsOf } from "./options.js";
import { objectPath, pathOf } from "./path.js";
import type { ObjectPath } from "./path.js";

/** What stands around a request. */
export interface HttpSession {
  readonly store: LeaderlessStore;
  /** A key, or the border between parts of an answer: no other is alike. */
  readonly newKey: () => string;
}

export type Respond = (response: HttpResponse) => void;

/**
 * Answers a request for an object, at once or later; undefined: it asks for something else. The returned function says that nobody waits any
 * more. https://docs.riak.com/riak/kv/2.2.3/developing/api/http/
 */
export function serveObject(request: HttpRequest, session: HttpSession, respond: Respond): (() => void) | undefined {
  try {
    const path = objectPath(request.target);
    return path && serve(request, path, session, respond);
  } catch (error) {
    if (!(error instanceof HttpRefusal)) throw error;
    respond(textResponse(error.status, error.message));
    return () => {};
  }
}

function serve(request: HttpRequest, path: ObjectPath, session: HttpSession, respond: Respond): (() => void) | undefined {
  const { method } = request;
  if (path.key === undefined) {
    // a list of keys is not an object
    if (method !== "POST") return undefined;
    const name = { ...path, key: session.newKey() };
    return put(request, name, path, session, (response) => respond(created(response, name)));
  }
  const name = { ...path, key: path.key };
  if (method === "GET" || method === "HEAD") return get(request, name, path, session, respond);
  if (method === "PUT" || method === "POST") return put(request, name, path, session, respond);
  if (method === "DELETE") return remove(request, name, path, session, respond);
  throw new HttpRefusal(405, "");
}

function created(response: HttpResponse, name: ObjectName): HttpResponse {
  if (response.status >= 400) return response;
  return { ...response, status: 201, headers: [...response.headers, ["Location", pathOf(name, name.key)]] };
}

function get(request: HttpRequest, name: ObjectName, { query }: ObjectPath, session: HttpSession, respond: Respond): () => void {
  const answered = (answer: Answer<"get">): void => {
    if (!answer.ok) respond(failureResponse(answer.failure));
    else if (answer.value.siblings === "notfound") respond(notFound(answer.value.context));
    else respond(found(request, answer.value, { name, query, session }));
  };
  return session.store.ask({ type: "get", name: bare(name), options: readOptionsOf(query) }, answered);
}

function bare({ type, bucket, key }: ObjectName): ObjectName {
  return { type, bucket, key };
}

function notFound(context: Uint8Array | undefined): HttpResponse {
  const headers: Header[] = context === undefined ? [] : [vclockHeader(context), ["X-Riak-Deleted", "true"]];
  return textResponse(404, "not found\n", headers);
}

function vclockHeader(context: Uint8Array): Header {
  return ["X-Riak-Vclock", Buffer.from(context).toString("base64")];
}

interface Around {
  readonly name: Bucket;
  readonly query: URLSearchParams;
  readonly session: HttpSession;
}

function found(request: HttpRequest, object: ReadObject, around: Around): HttpResponse {
  const vtag = around.query.get("vtag");
  const chosen = vtag === null ? object.siblings : object.siblings.filter((each) => each.vtag === vtag);
  const [one] = chosen;
  if (one === undefined) return notFound(undefined);
  const validators = validatorsOf(object, chosen.length === 1 ? one : undefined);
  if (!isAllowed(request.headers, validators)) return textResponse(412, "");
  if (isKnown(request.headers, validators)) {
    const headers: Header[] = [vclockHeader(object.context), ["ETag", `"${validators.etag}"`]];
    return { status: 304, headers, body: Buffer.alloc(0) };
  }
  const response = chosen.length === 1 ? single(one, object, around) : several(request, object, validators, around);
  return request.method === "HEAD" ? { ...response, body: Buffer.alloc(0) } : response;
}

function single(sibling: Sibling, { context }: ReadObject, { name }: Around): HttpResponse {
  return { status: 200, headers: [vclockHeader(context), ...siblingHeaders(sibling, name)], body: sibling.value };
}

/** As a list of tags, of which one can be asked for, or all of them in one answer if the client says that it can read that. */
function several(request: HttpRequest, object: ReadObject, { etag, modifiedSeconds }: Validators, around: Around): HttpResponse {
  const shared: Header[] = [
    vclockHeader(object.context),
    ["ETag", `"${etag}"`],
    ["Last-Modified", new Date(modifiedSeconds * 1000).toUTCString()],
  ];
  if (!(request.headers.get("accept") ?? "").toLowerCase().includes("multipart/mixed"))
    return textResponse(300, `Siblings:\n${object.siblings.map(({ vtag }) => `${vtag}\n`).join("")}`, shared);
  const boundary = around.session.newKey();
  const parts = object.siblings.flatMap((sibling) => {
    const head = siblingHeaders(sibling, around.name).map(([name, value]) => `${name}: ${value}\r\n`);
    return [Buffer.from(`\r\n--${boundary}\r\n${head.join("")}\r\n`, "latin1"), sibling.value];
  });
  const body = Buffer.concat([...parts, Buffer.from(`\r\n--${boundary}--\r\n`)]);
  return { status: 300, headers: [...shared, ["Content-Type", `multipart/mixed; boundary=${boundary}`]], body };
}

function put(request: HttpRequest, name: ObjectName, path: ObjectPath, session: HttpSession, respond: Respond): () => void {
  const { headers } = request;
  const asked: Extract<Request, { type: "put" }> = {
    type: "put",
    name: bare(name),
    context: contextOf(headers),
    content: contentOfRequest(request, name),
    options: writeOptionsOf(path.query),
    condition: headers.get("if-none-match")?.trim() === "*" ? "noneMatch" : "none",
    returnBody: path.query.get("returnbody") === "true",
  };
  const unconditional = new Map([...headers].filter(([header]) => !header.startsWith("if-")));
  const store = (): (() => void) =>
    session.store.ask(asked, (answer) => {
      if (!answer.ok) respond(failureResponse(answer.failure));
      else if (answer.value === undefined) respond({ status: 204, headers: [], body: Buffer.alloc(0) });
      else respond(found({ ...request, headers: unconditional }, answer.value, { name, query: new URLSearchParams(), session }));
    });
  const compares = headers.has("if-match") || headers.has("if-unmodified-since");
  return compares ? ifAllowed(request, asked, readOptionsOf(path.query), session, respond, store) : store();
}

/** Reads first, and compares: writes elsewhere at the same time are not excluded, as in Riak. */
function ifAllowed(
  { headers }: HttpRequest,
  { name }: { readonly name: ObjectName },
  options: ReadOptions,
  session: HttpSession,
  respond: Respond,
  store: () => () => void,
): () => void {
  let cancel = session.store.ask({ type: "get", name, options }, (answer) => {
    if (!answer.ok) {
      respond(failureResponse(answer.failure));
      return;
    }
    const { value } = answer;
    const [one, ...others] = value.siblings === "notfound" ? [] : value.siblings;
    const validators = value.siblings === "notfound" ? undefined : validatorsOf(value, others.length === 0 ? one : undefined);
    if (isAllowed(headers, validators)) cancel = store();
    else respond(textResponse(412, ""));
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

function remove(
  request: HttpRequest,
  name: ObjectName,
  { query }: ObjectPath,
  session: HttpSession,
  respond: Respond,
): () => void {
  const read = readOptionsOf(query);
  const write = writeOptionsOf(query);
  const rw = quorumIn(query, "rw");
  const asked = {
    type: "delete",
    name: bare(name),
    context: contextOf(request.headers),
    read: { ...read, r: read.r ?? rw },
    write: { ...write, w: write.w ?? rw, dw: write.dw ?? rw },
  } as const;
  return session.store.ask(asked, (answer) => {
    if (!answer.ok) respond(failureResponse(answer.failure));
    else if (answer.value) respond({ status: 204, headers: [], body: Buffer.alloc(0) });
    else respond(notFound(undefined));
  });
}
