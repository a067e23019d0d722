import type { ObjectName, ReadObject, WriteCondition } from "../leaderless/api.js";
import { defaultType } from "../leaderless/api.js";
import { decode } from "../wire/decode.js";
import { ask, checkName, end, Refusal } from "./call.js";
import type { Call } from "./call.js";
import { code } from "./codes.js";
import { contentOf, objectFields } from "./contents.js";
import { RpbDelReq, RpbGetReq, RpbGetResp, RpbPutReq, RpbPutResp } from "./object-messages.js";
import { readOptions, writeOptions } from "./quorums.js";

/** Checks the names as Riak does, with its words. */
export function objectName(fields: {
  readonly type: string | undefined;
  readonly bucket: string;
  readonly key: string;
}): ObjectName {
  checkName("Bucket", fields.bucket);
  checkName("Key", fields.key);
  checkName("Type", fields.type);
  return { type: fields.type ?? defaultType, bucket: fields.bucket, key: fields.key };
}

export const get: Call = (body, session, reply) => {
  const request = decode(RpbGetReq, body);
  const name = objectName(request);
  return ask(session, reply, { type: "get", name, options: readOptions(request) }, (found) => {
    if (found.siblings === "notfound") {
      // the context of a deletion is for those who mean to write over it
      end(reply, code.getResp, RpbGetResp, request.deletedvclock === true ? { vclock: found.context } : {});
    } else if (isSame(request.ifModified, found)) end(reply, code.getResp, RpbGetResp, { unchanged: true });
    else end(reply, code.getResp, RpbGetResp, objectFields(found, request.head === true));
  });
};

function isSame(context: Uint8Array | undefined, { context: found }: ReadObject): boolean {
  return context !== undefined && Buffer.compare(context, found) === 0;
}

const noFields = { content: undefined, vclock: undefined };

export const put: Call = (body, session, reply) => {
  const request = decode(RpbPutReq, body);
  if (request.asis === true) throw new Refusal("asis is for Riak's replication, which is not here");
  // told to the client only where it did not know it
  const madeKey = request.key === undefined ? session.newKey() : undefined;
  const { type, bucket, key } = request;
  const name = objectName({ type, bucket, key: key ?? (madeKey as string) });
  const asked = {
    type: "put",
    name,
    context: contextOf(request.vclock),
    content: contentOf(request.content),
    options: writeOptions(request),
    condition: conditionOf(request),
    returnBody: request.returnBody === true || request.returnHead === true,
  } as const;
  return ask(session, reply, asked, (object) => {
    const { content, vclock } = object === undefined ? noFields : objectFields(object, request.returnHead === true);
    end(reply, code.putResp, RpbPutResp, { content, vclock, key: madeKey });
  });
};

/** No bytes are no context: so clients say that they never read. */
export function contextOf(bytes: Uint8Array | undefined): Uint8Array | undefined {
  return bytes === undefined || bytes.length === 0 ? undefined : bytes;
}

/** Of both, Riak looks at this one first. */
function conditionOf(request: {
  readonly ifNoneMatch: boolean | undefined;
  readonly ifNotModified: boolean | undefined;
}): WriteCondition {
  if (request.ifNoneMatch === true) return "noneMatch";
  return request.ifNotModified === true ? "notModified" : "none";
}

export const del: Call = (body, session, reply) => {
  const request = decode(RpbDelReq, body);
  const { rw, r = rw, w = rw, dw = rw } = request;
  const asked = {
    type: "delete",
    name: objectName(request),
    context: contextOf(request.vclock),
    read: readOptions({ ...request, r }),
    write: writeOptions({ ...request, w, dw }),
  } as const;
  // what is not there is deleted
  return ask(session, reply, asked, () => reply.end(code.delResp));
};
