import type { Bucket, BucketProperties } from "../leaderless/api.js";
import { defaultType } from "../leaderless/api.js";
import { decode } from "../wire/decode.js";
import {
  RpbGetBucketReq,
  RpbGetBucketResp,
  RpbGetBucketTypeReq,
  RpbResetBucketReq,
  RpbSetBucketReq,
  RpbSetBucketTypeReq,
} from "./bucket-messages.js";
import { ask, checkName, end } from "./call.js";
import type { Call, Reply } from "./call.js";
import { code } from "./codes.js";
import { propertiesFailureText, typeChangeFailureText, typeFailureText } from "./failures.js";
import { RpbGetBucketKeyPreflistReq, RpbGetBucketKeyPreflistResp } from "./object-messages.js";
import { objectName } from "./object-calls.js";
import { propertiesFields, propertiesOf } from "./properties.js";

export function bucketOf(fields: { readonly type: string | undefined; readonly bucket: string }): Bucket {
  checkName("Bucket", fields.bucket);
  checkName("Type", fields.type);
  return { type: fields.type ?? defaultType, bucket: fields.bucket };
}

function answerWith(reply: Reply): (properties: BucketProperties) => void {
  return (properties) => end(reply, code.getBucketResp, RpbGetBucketResp, { props: propertiesFields(properties) });
}

export const getBucket: Call = (body, session, reply) => {
  const bucket = bucketOf(decode(RpbGetBucketReq, body));
  return ask(session, reply, { type: "bucketProperties", bucket }, answerWith(reply), typeFailureText);
};

export const setBucket: Call = (body, session, reply) => {
  const request = decode(RpbSetBucketReq, body);
  const asked = {
    type: "setBucketProperties",
    bucket: bucketOf(request),
    properties: propertiesOf(request.props),
  } as const;
  return ask(session, reply, asked, () => reply.end(code.setBucketResp), propertiesFailureText);
};

export const resetBucket: Call = (body, session, reply) => {
  const bucket = bucketOf(decode(RpbResetBucketReq, body));
  const answered = (): void => reply.end(code.resetBucketResp);
  return ask(session, reply, { type: "resetBucketProperties", bucket }, answered, typeFailureText);
};

export const getBucketType: Call = (body, session, reply) => {
  const { type: bucketType } = decode(RpbGetBucketTypeReq, body);
  return ask(session, reply, { type: "typeProperties", bucketType }, answerWith(reply), typeFailureText);
};

export const setBucketType: Call = (body, session, reply) => {
  const { type: bucketType, props } = decode(RpbSetBucketTypeReq, body);
  const asked = { type: "setTypeProperties", bucketType, properties: propertiesOf(props) } as const;
  // there is no code for an answer of its own
  return ask(session, reply, asked, () => reply.end(code.setBucketResp), typeChangeFailureText);
};

export const preferenceList: Call = (body, session, reply) => {
  const name = objectName(decode(RpbGetBucketKeyPreflistReq, body));
  return ask(session, reply, { type: "preferenceList", name }, (places) => {
    const preflist = places.map(({ partition, node, isPrimary }) => ({ partition, node, primary: isPrimary }));
    end(reply, code.getBucketKeyPreflistResp, RpbGetBucketKeyPreflistResp, { preflist });
  });
};
