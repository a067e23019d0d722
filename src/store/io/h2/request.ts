import type { HeaderField } from "./hpack.js";

/** What a server wants to know of a request's header list, RFC 9113 §8.3.1. */
export interface RequestHead {
  readonly method: string;
  readonly path: string;
  readonly contentType: string;
  readonly grpcTimeout: string | undefined;
  readonly grpcEncoding: string | undefined;
}

/** Fields that speak of one connection, which HTTP/2 does itself, §8.2.2. */
const ofConnections = new Set(["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"]);

/** Undefined: malformed, §8.1.1. */
export function readHead(fields: readonly HeaderField[]): RequestHead | undefined {
  let method: string | undefined;
  let path: string | undefined;
  let scheme: string | undefined;
  let authority: string | undefined;
  let contentType = "";
  let grpcTimeout: string | undefined;
  let grpcEncoding: string | undefined;
  let inPseudo = true;
  for (const { name, value, isLegal } of fields) {
    if (!isLegal) return undefined;
    if (name.charCodeAt(0) === colon) {
      if (!inPseudo) return undefined;
      // one of each, and no others
      if (name === ":method" && method === undefined) method = value;
      else if (name === ":path" && path === undefined && value !== "") path = value;
      else if (name === ":scheme" && scheme === undefined) scheme = value;
      else if (name === ":authority" && authority === undefined) authority = value;
      else return undefined;
      continue;
    }
    inPseudo = false;
    switch (name) {
      case "content-type":
        contentType = value;
        break;
      case "te":
        if (value !== "trailers") return undefined;
        break;
      case "grpc-timeout":
        grpcTimeout = value;
        break;
      case "grpc-encoding":
        grpcEncoding = value;
        break;
      default:
        if (ofConnections.has(name)) return undefined;
    }
  }
  if (method === undefined || path === undefined || scheme === undefined) return undefined;
  return { method, path, contentType, grpcTimeout, grpcEncoding };
}

const colon = 0x3a;
