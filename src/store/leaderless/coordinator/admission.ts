import type { Request } from "../api.js";
import { requestBytesMax, requestsMax } from "../limits.js";
import type { OnAnswer } from "./answers.js";

/** Bounds what clients ask of this node at one time: what is too much is refused at once, so that what was admitted is answered in time. */
export class Admission {
  #requests = 0;
  #bytes = 0;

  /** What has to be called with the answer instead; undefined: it is too much. Who gets pages gets them one by one, and is bounded by that. */
  admit(request: Request, onAnswer: OnAnswer): OnAnswer | undefined {
    const bytes = bytesOf(request);
    if (bytes === undefined) return onAnswer;
    if (this.#requests >= requestsMax || this.#bytes + bytes > requestBytesMax) return undefined;
    this.#requests++;
    this.#bytes += bytes;
    return (answer) => {
      this.#requests--;
      this.#bytes -= bytes;
      onAnswer(answer);
    };
  }
}

/** Of requests about single objects: what they carry. Undefined: of others. */
function bytesOf(request: Request): number | undefined {
  switch (request.type) {
    case "put":
      return request.content.value.length;
    case "get":
    case "delete":
    case "fetchDataType":
    case "updateDataType":
      return 0;
    default:
      return undefined;
  }
}
