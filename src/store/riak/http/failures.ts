import { unreachable } from "../../../core/invariant.js";
import type { Failure } from "../../leaderless/api.js";
import { textResponse } from "./message.js";
import type { HttpResponse } from "./message.js";

/** A failure with the status that Riak gives it, and in a header what Riak does not tell: whether the request had no effect for certain. */
export function failureResponse({ definite, reason }: Failure): HttpResponse {
  const response = responseTo(reason);
  return { ...response, headers: [...response.headers, ["X-Devious-Definite", String(definite)]] };
}

function responseTo(reason: Failure["reason"]): HttpResponse {
  switch (reason.type) {
    case "timeout":
      return textResponse(503, "request timed out\n");
    case "overload":
      return textResponse(503, "overload\n");
    case "notFound":
    case "modified":
    case "matchFound":
      return textResponse(412, "");
    case "nValViolation":
      return textResponse(400, `Specified w/dw/pw values invalid for bucket n value of ${reason.nVal}\n`);
    case "unsatisfied":
      return textResponse(503, `${reason.option.toUpperCase()}-value unsatisfied: ${reason.got}/${reason.wanted}\n`);
    case "insufficientNodes":
      return textResponse(503, `Error:\n{insufficient_vnodes,${reason.got},need,${reason.wanted}}\n`);
    case "noSuchType":
      return textResponse(404, `Unknown bucket type: ${reason.bucketType}\n`);
    case "dataType":
    case "invalid":
      return textResponse(400, `${reason.why}\n`);
    default:
      return unreachable(reason);
  }
}

/** What went wrong, where part of the answer is on its way already. */
export function failureWord(failure: Failure): string {
  if (failure.reason.type === "timeout") return "timeout";
  return Buffer.from(failureResponse(failure).body).toString("latin1").trim();
}
