import type { Handler } from "./asked.js";
import * as objects from "./objects.js";
import * as server from "./server.js";

type Method = "GET" | "PUT" | "POST" | "DELETE";

/** Who answers at a path. HEAD is GET without its body. */
export interface Route {
  readonly path: string;
  /** Its parts: a colon begins a name, a last asterisk stands for any number of further parts. */
  readonly pattern: readonly string[];
  readonly handlers: ReadonlyMap<string, Handler>;
}

function route(path: string, handlers: Partial<Record<Method, Handler>>): Route {
  return { path, pattern: path.split("/").filter((part) => part !== ""), handlers: new Map(Object.entries(handlers)) };
}

/** With a bucket type, and without. */
function ofTypes(path: string, handlers: Partial<Record<Method, Handler>>): Route[] {
  return [route(`/types/:type${path}`, handlers), route(path, handlers)];
}

const object = { GET: objects.get, PUT: objects.put, POST: objects.put, DELETE: objects.remove };

/** Of those that match, the first counts. */
export const routes: readonly Route[] = [
  ...ofTypes("/buckets/:bucket/keys/:key", object),
  ...ofTypes("/buckets/:bucket/keys", { POST: objects.create }),
  route("/riak/:bucket/:key", object),
  route("/riak/:bucket", { POST: objects.create }),
  route("/ping", { GET: server.ping }),
  route("/stats", { GET: server.stats }),
];
