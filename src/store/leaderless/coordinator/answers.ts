import type { Answer, Bucket, Failure, Request } from "../api.js";

export type OnAnswer = (answer: Answer<Request["type"]>) => void;

/** `definite`: nobody has written anything. */
export function failed(reason: Failure["reason"], definite: boolean): Answer<Request["type"]> {
  return { ok: false, failure: { definite, reason } };
}

export function noSuchType({ type }: Bucket): Answer<Request["type"]> {
  return failed({ type: "noSuchType", bucketType: type }, true);
}
