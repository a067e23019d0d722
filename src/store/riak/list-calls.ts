import { defaultType } from "../leaderless/api.js";
import { decode } from "../wire/decode.js";
import { encode } from "../wire/encode.js";
import { bucketOf } from "./bucket-calls.js";
import { checkName, end } from "./call.js";
import type { Call } from "./call.js";
import { code } from "./codes.js";
import { RpbListBucketsReq, RpbListBucketsResp, RpbListKeysReq, RpbListKeysResp } from "./object-messages.js";
import { gather, stream } from "./streams.js";

export const listBuckets: Call = (body, session, reply) => {
  const request = decode(RpbListBucketsReq, body);
  checkName("Type", request.type);
  const asked = { type: "listBuckets", bucketType: request.type ?? defaultType, timeoutMs: request.timeout } as const;
  if (request.stream !== true) {
    const whole = (buckets: readonly string[]): void => end(reply, code.listBucketsResp, RpbListBucketsResp, { buckets });
    return gather(session, reply, asked, (bucket) => bucket.length, whole);
  }
  return stream(session, reply, asked, {
    page: ({ items }) => reply.part(code.listBucketsResp, encode(RpbListBucketsResp, { buckets: items })),
    last: () => end(reply, code.listBucketsResp, RpbListBucketsResp, { done: true }),
  });
};

/** Always a stream. */
export const listKeys: Call = (body, session, reply) => {
  const request = decode(RpbListKeysReq, body);
  const asked = { type: "listKeys", bucket: bucketOf(request), timeoutMs: request.timeout } as const;
  return stream(session, reply, asked, {
    page: ({ items }) => reply.part(code.listKeysResp, encode(RpbListKeysResp, { keys: items })),
    last: () => end(reply, code.listKeysResp, RpbListKeysResp, { done: true }),
  });
};
