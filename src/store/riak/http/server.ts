import { objectIn } from "./asked.js";
import type { Handler } from "./asked.js";
import { failureResponse } from "./failures.js";
import { jsonResponse } from "./json-answers.js";
import { JsonObject, object } from "./json.js";
import { textResponse } from "./message.js";
import type { Header } from "./message.js";

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

const resourcePaths = [
  ["riak_kv_wm_buckets", "/buckets"],
  ["riak_kv_wm_buckets", "/riak"],
  ["riak_kv_wm_counter", "/buckets"],
  ["riak_kv_wm_index", "/buckets"],
  ["riak_kv_wm_keylist", "/buckets"],
  ["riak_kv_wm_link_walker", "/buckets"],
  ["riak_kv_wm_link_walker", "/riak"],
  ["riak_kv_wm_object", "/buckets"],
  ["riak_kv_wm_object", "/riak"],
  ["riak_kv_wm_ping", "/ping"],
  ["riak_kv_wm_props", "/buckets"],
  ["riak_kv_wm_stats", "/stats"],
] as const;

/** Where clients find what, by Riak's names for it. https://docs.riak.com/riak/kv/2.2.3/developing/api/http/list-resources/ */
export const resources: Handler = ({ request }, reply) => {
  const headers: Header[] = [
    ["Vary", "Accept"],
    ["Link", resourcePaths.map(([name, path]) => `<${path}>; rel="${name}"`).join(",")],
  ];
  if ((request.headers.get("accept") ?? "").includes("application/json")) {
    reply.respond(jsonResponse(200, new JsonObject(resourcePaths), headers));
    return undefined;
  }
  const items = resourcePaths.map(([name, path]) => `<li><a href="${path}">${name}</a></li>`);
  const body = Buffer.from(`<html><body><ul>${items.join("")}</ul></body></html>`);
  reply.respond({ status: 200, headers: [...headers, ["Content-Type", "text/html"]], body });
  return undefined;
};

/** Which nodes have an object, or stand in for one that has. */
export const preferenceList: Handler = (asked, reply) =>
  asked.session.store.ask({ type: "preferenceList", name: objectIn(asked) }, (answer) => {
    if (!answer.ok) {
      reply.respond(failureResponse(answer.failure));
      return;
    }
    const places = answer.value.map(({ partition, node, isPrimary }) => object({ partition, node, primary: isPrimary }));
    reply.respond(jsonResponse(200, object({ preflist: places })));
  });

/** For what Riak answers and this store does not. */
export function notHere(what: string): Handler {
  return (_asked, reply) => {
    reply.respond(textResponse(501, `There is no ${what} in this store.\n`));
    return undefined;
  };
}
