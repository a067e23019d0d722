import type { Handler } from "./asked.js";
import { textResponse } from "./message.js";

export const ping: Handler = (_asked, reply) => {
  reply.respond(textResponse(200, "OK"));
  return undefined;
};

/** In lines where the client asks for text. https://docs.riak.com/riak/kv/2.2.3/developing/api/http/status/ */
export const stats: Handler = ({ request, session }, reply) => {
  const accept = request.headers.get("accept") ?? "";
  const isText = accept.includes("text/plain") && !accept.includes("application/json");
  const body = Buffer.from(JSON.stringify(session.stats(), undefined, isText ? 4 : undefined));
  const headers = [
    ["Vary", "Accept"],
    ["Content-Type", isText ? "text/plain" : "application/json"],
  ] as const;
  reply.respond({ status: 200, headers, body });
  return undefined;
};
