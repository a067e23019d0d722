import { unreachable } from "../../core/invariant.js";
import type { Failure } from "../leaderless/api.js";
import { binaryTerm } from "../leaderless/crdt/errors.js";

/** A failure as Riak's protocol buffers say it: mostly the Erlang term that riak_kv gave, which clients and their users look for. */
export function failureText({ reason }: Failure): string {
  switch (reason.type) {
    case "timeout":
    case "overload":
    case "modified":
      return reason.type;
    case "notFound":
      return "notfound";
    case "matchFound":
      return "match_found";
    case "nValViolation":
      return `{n_val_violation,${reason.nVal}}`;
    case "unsatisfied":
      return `{${reason.option}_val_unsatisfied,${reason.wanted},${reason.got}}`;
    case "insufficientNodes":
      return `{insufficient_vnodes,${reason.got},need,${reason.wanted}}`;
    case "noSuchType":
      return `{bucket_type_unknown,${binaryTerm(reason.bucketType)}}`;
    case "dataType":
    case "invalid":
      return reason.why;
    default:
      return unreachable(reason);
  }
}

/** Of questions about properties. */
export function typeFailureText(failure: Failure): string {
  const { reason } = failure;
  return reason.type === "noSuchType" ? `Invalid bucket type: ${binaryTerm(reason.bucketType)}` : failureText(failure);
}

/** Of changes to properties. */
export function propertiesFailureText(failure: Failure): string {
  const { reason } = failure;
  return reason.type === "invalid" ? `Invalid bucket properties: ${reason.why}` : typeFailureText(failure);
}

/** Of changes to the properties of types: as in Riak, there are none but those that are active. */
export function typeChangeFailureText(failure: Failure): string {
  return failure.reason.type === "noSuchType" ? "Invalid bucket properties: not_active" : propertiesFailureText(failure);
}

/** Of questions about data types. */
export function dataTypeFailureText(failure: Failure): string {
  const { reason } = failure;
  return reason.type === "noSuchType" ? `Error no bucket type \`${binaryTerm(reason.bucketType)}\`` : failureText(failure);
}
