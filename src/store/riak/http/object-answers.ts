import type { Bucket, ReadObject, Sibling } from "../../leaderless/api.js";
import { bucketIn } from "./asked.js";
import type { Asked, PathStyle } from "./asked.js";
import { isAllowed, isKnown, validatorsOf } from "./conditions.js";
import type { Validators } from "./conditions.js";
import { siblingHeaders } from "./content-headers.js";
import { textResponse } from "./message.js";
import type { Header, HttpResponse } from "./message.js";
import { multipart } from "./multipart.js";

const noBytes = Buffer.alloc(0);

/** Done, and nothing to say of it. */
export const noContent: HttpResponse = { status: 204, headers: [], body: noBytes };

/** `context` is that of a deletion: who means to write over it brings it along. */
export function notFound(context: Uint8Array | undefined): HttpResponse {
  const headers: Header[] = context === undefined ? [] : [vclockHeader(context), ["X-Riak-Deleted", "true"]];
  return textResponse(404, "not found\n", headers);
}

export function vclockHeader(context: Uint8Array): Header {
  return ["X-Riak-Vclock", Buffer.from(context).toString("base64")];
}

/** The object as a read asks for it: whole, one sibling of it, or not at all where the client has it already. */
export function readResponse(asked: Asked, object: ReadObject): HttpResponse {
  const { headers } = asked.request;
  const vtag = asked.query.get("vtag");
  const chosen = vtag === undefined ? object.siblings : object.siblings.filter((each) => each.vtag === vtag);
  const [one] = chosen;
  if (one === undefined) return notFound(undefined);
  const validators = validatorsOf(object, chosen.length === 1 ? one : undefined);
  if (!isAllowed(headers, validators)) return textResponse(412, "");
  if (isKnown(headers, validators)) {
    return { status: 304, headers: [vclockHeader(object.context), ["ETag", `"${validators.etag}"`]], body: noBytes };
  }
  return chosen.length === 1 ? single(one, object, asked) : several(object, validators, asked);
}

/** What the object is after a write, whatever the client had before. */
export function writtenResponse(asked: Asked, object: ReadObject): HttpResponse {
  const [one, ...others] = object.siblings;
  if (one !== undefined && others.length === 0) return single(one, object, asked);
  return several(object, validatorsOf(object, undefined), asked);
}

function single(sibling: Sibling, { context }: ReadObject, asked: Asked): HttpResponse {
  const headers = [vclockHeader(context), ...siblingHeaders(sibling, bucketIn(asked), asked.style)];
  return { status: 200, headers, body: sibling.value };
}

/** As a list of tags, of which one can be asked for, or all of them in one answer if the client says that it can read that. */
function several(object: ReadObject, { etag, modifiedSeconds }: Validators, asked: Asked): HttpResponse {
  const shared: Header[] = [
    vclockHeader(object.context),
    ["ETag", `"${etag}"`],
    ["Last-Modified", new Date(modifiedSeconds * 1000).toUTCString()],
    ["Vary", "Accept"],
  ];
  const accept = (asked.request.headers.get("accept") ?? "").toLowerCase();
  if (!accept.includes("multipart/mixed"))
    return textResponse(300, `Siblings:\n${object.siblings.map(({ vtag }) => `${vtag}\n`).join("")}`, shared);
  const { contentType, body } = siblingsAsParts(object.siblings, bucketIn(asked), asked.style, asked.session.newKey());
  return { status: 300, headers: [...shared, ["Content-Type", contentType]], body };
}

function siblingsAsParts(
  siblings: readonly Sibling[],
  bucket: Bucket,
  style: PathStyle,
  boundary: string,
): { readonly contentType: string; readonly body: Buffer } {
  const parts = siblings.map((each) => ({ headers: siblingHeaders(each, bucket, style), body: each.value }));
  return multipart(parts, boundary);
}
