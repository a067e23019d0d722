import { DeviousError } from "../../core/errors.js";
import type { Endpoint } from "../../engine/port.js";
import { requestBytes } from "../http.js";
import type { BytesAnswer, BytesRequest } from "../http.js";
import { unanswered } from "../store-client.js";
import { boundaryOf, partsOf } from "./multipart.js";
import { dataTypePath, formatObjectName, objectPath } from "./object-name.js";
import type { ObjectName } from "./object-name.js";

/** One of the values of an object. */
export interface ObjectSibling {
  /** Null where the bytes are no UTF-8. Of a data type, what they stand for, as JSON. */
  readonly value: string | null;
  readonly base64: string;
  readonly contentType: string;
  /** RFC 3339, in whole seconds, by the wall clock of the node that wrote it. */
  readonly writtenAt: string | null;
  /** The node that `devious put` wrote it through; null where somebody else wrote it. */
  readonly through: string | null;
  /** Tells siblings apart: Riak's vtag. */
  readonly vtag: string | null;
  readonly isDeletion: boolean;
}

/** What is known of an object; without siblings there is none. */
export interface StoredObject {
  /** Base64. What a write that follows from these values brings along. Null: nothing was ever there. */
  readonly context: string | null;
  readonly siblings: readonly ObjectSibling[];
}

/** How many replicas: a number or Riak's word for one. Undefined: what the bucket's properties say. */
export type Quorum = string | undefined;

export interface ReadQuorums {
  readonly r: Quorum;
  readonly pr: Quorum;
}

export interface WriteQuorums {
  readonly w: Quorum;
  readonly pw: Quorum;
}

/** A node of the leaderless store, through Riak's HTTP on its published port: https://docs.riak.com/riak/kv/2.2.3/developing/api/http/ */
export interface ObjectClient {
  readonly node: string;
  get(name: ObjectName, quorums: ReadQuorums): Promise<StoredObject>;
  /** Gives what the object is after it. */
  put(name: ObjectName, value: string, context: string | null, quorums: WriteQuorums): Promise<StoredObject>;
  /** Without a context: of what is there at that moment. False: there was nothing. */
  del(name: ObjectName, context: string | null, quorums: ReadQuorums & WriteQuorums): Promise<boolean>;
}

/** The store gives up by itself before this, and says why. */
const requestTimeoutMs = 5000;
const storeTimeoutMs = 3000;

export function createObjectClient(node: string, endpoint: Endpoint): ObjectClient {
  const call = async (
    method: BytesRequest["method"],
    path: string,
    query: Readonly<Record<string, Quorum>>,
    rest: { readonly headers?: Readonly<Record<string, string>>; readonly body?: Uint8Array } = {},
  ): Promise<BytesAnswer> => {
    const asked = Object.entries({ ...query, timeout: String(storeTimeoutMs) }).flatMap(([option, value]): [string, string][] =>
      value === undefined ? [] : [[option, value]],
    );
    const target = `${path}?${new URLSearchParams(asked).toString()}`;
    const headers = { accept: "multipart/mixed, */*", ...rest.headers };
    return requestBytes(endpoint, { method, path: target, headers, body: rest.body }, requestTimeoutMs).catch(
      (cause: unknown) => {
        throw unanswered(node, cause);
      },
    );
  };
  return {
    node,
    get: async (name, { r, pr }) => {
      const answer = await call("GET", objectPath(name), { r, pr });
      if (answer.status !== 200 && answer.status !== 300 && !isNotFound(answer)) throw refused(node, name, answer);
      const found = objectIn(answer);
      const [only, ...others] = found.siblings;
      if (only === undefined || others.length > 0 || !isDataType(only)) return found;
      const told = await call("GET", dataTypePath(name), { r, pr });
      if (told.status !== 200) throw refused(node, name, told);
      return { ...found, siblings: [{ ...only, value: dataTypeValueIn(told) }] };
    },
    put: async (name, value, context, { w, pw }) => {
      const headers = {
        "content-type": isJson(value) ? "application/json" : "text/plain; charset=utf-8",
        [throughHeader]: node,
        ...withContext(context),
      };
      const answer = await call(
        "PUT",
        objectPath(name),
        { w, pw, returnbody: "true" },
        { headers, body: Buffer.from(value, "utf8") },
      );
      if (answer.status === 200 || answer.status === 300) return objectIn(answer);
      throw refused(node, name, answer);
    },
    del: async (name, context, { r, pr, w, pw }) => {
      const answer = await call("DELETE", objectPath(name), { r, pr, w, pw }, { headers: withContext(context) });
      if (answer.status === 204) return true;
      if (isNotFound(answer)) return false;
      throw refused(node, name, answer);
    },
  };
}

/** Metadata of the object's value, as any client of Riak's may set. */
const throughHeader = "x-riak-meta-devious-through";
const contextHeader = "x-riak-vclock";

function withContext(context: string | null): Readonly<Record<string, string>> {
  return context === null ? {} : { [contextHeader]: context };
}

function isJson(value: string): boolean {
  if (!/^\s*[[{]/.test(value)) return false;
  try {
    JSON.parse(value);
    return true;
  } catch {
    return false;
  }
}

/** Another 404 is that of a bucket type that there is not. */
function isNotFound({ status, body }: BytesAnswer): boolean {
  return status === 404 && body.toString("latin1").startsWith("not found");
}

function objectIn({ status, headers, body }: BytesAnswer): StoredObject {
  const all = new Map(Object.entries(headers).map(([name, value]) => [name, String(value)]));
  const context = all.get(contextHeader) ?? null;
  if (status === 404) return { context, siblings: [] };
  const boundary = status === 300 ? boundaryOf(all.get("content-type")) : undefined;
  if (boundary === undefined) return { context, siblings: [siblingOf(all, body)] };
  return { context, siblings: partsOf(body, boundary).map((part) => siblingOf(part.headers, part.body)) };
}

function siblingOf(headers: ReadonlyMap<string, string>, body: Buffer): ObjectSibling {
  const writtenMs = Date.parse(headers.get("last-modified") ?? "");
  const text = body.toString("utf8");
  return {
    value: Buffer.from(text, "utf8").equals(body) ? text : null,
    base64: body.toString("base64"),
    contentType: headers.get("content-type") ?? "application/octet-stream",
    writtenAt: Number.isNaN(writtenMs) ? null : new Date(writtenMs).toISOString().replace(".000Z", "Z"),
    through: headers.get(throughHeader) ?? null,
    vtag: headers.get("etag")?.replace(/^"(.*)"$/, "$1") ?? null,
    isDeletion: headers.get("x-riak-deleted") === "true",
  };
}

function isDataType({ contentType }: ObjectSibling): boolean {
  return /^application\/riak_(counter|set|map|hll|gset)$/.test(contentType);
}

/** A counter of before Riak 2.0 comes as it is, all others with their type. */
function dataTypeValueIn({ body }: BytesAnswer): string {
  const json = JSON.parse(body.toString("utf8")) as number | { readonly value: unknown };
  return JSON.stringify(typeof json === "number" ? json : json.value);
}

/** What the store says of a failure besides what Riak does: whether the request had no effect for certain. */
const definiteHeader = "x-devious-definite";

function refused(node: string, name: ObjectName, { status, headers, body }: BytesAnswer): DeviousError {
  const said = body.toString("utf8").trim().replace(/\.$/, "");
  const sentence = `${node}: ${formatObjectName(name)}: ${said === "" ? `answered with HTTP status ${status}` : said}`;
  // what was wrong with the request was so before anything happened
  const isDefinite = headers[definiteHeader] === "true" || (status >= 400 && status < 500);
  return isDefinite
    ? new DeviousError("REQUEST_REFUSED", sentence, { hint: "It definitely had no effect." })
    : new DeviousError("REQUEST_INDEFINITE", sentence, {
        hint: "It may or may not have taken effect: read the key again to find out.",
      });
}
