import type { Handler } from "./asked.js";
import * as lists from "./lists.js";
import * as objects from "./objects.js";
import * as props from "./props.js";
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
  ...ofTypes("/buckets/:bucket/keys", { GET: lists.keys, POST: objects.create }),
  ...ofTypes("/buckets/:bucket/props", { GET: props.getBucket, PUT: props.setBucket, DELETE: props.resetBucket }),
  ...ofTypes("/buckets", { GET: lists.buckets }),
  route("/types/:type/props", { GET: props.getType, PUT: props.setType }),
  route("/riak/:bucket/:key", object),
  route("/riak/:bucket", { GET: lists.oldBucket, PUT: props.setBucket, POST: objects.create }),
  route("/riak", { GET: lists.buckets }),
  route("/ping", { GET: server.ping }),
  route("/stats", { GET: server.stats }),
];
