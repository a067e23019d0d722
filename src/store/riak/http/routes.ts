import type { Handler } from "./asked.js";
import * as counters from "./counters.js";
import * as dataTypes from "./data-types.js";
import { index } from "./index-queries.js";
import { walkLinks } from "./link-walking.js";
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

function ofEveryMethod(path: string, handler: Handler): Route[] {
  return [route(path, { GET: handler, PUT: handler, POST: handler, DELETE: handler })];
}

const object = { GET: objects.get, PUT: objects.put, POST: objects.put, DELETE: objects.remove };

/** Of those that match, the first counts. */
export const routes: readonly Route[] = [
  ...ofTypes("/buckets/:bucket/keys/:key", object),
  ...ofTypes("/buckets/:bucket/keys/:key/preflist", { GET: server.preferenceList }),
  ...ofTypes("/buckets/:bucket/keys/:key/*", { GET: walkLinks }),
  ...ofTypes("/buckets/:bucket/keys", { GET: lists.keys, POST: objects.create }),
  ...ofTypes("/buckets/:bucket/props", { GET: props.getBucket, PUT: props.setBucket, DELETE: props.resetBucket }),
  ...ofTypes("/buckets/:bucket/index/:index/*", { GET: index }),
  route("/types/:type/buckets/:bucket/datatypes/:key", { GET: dataTypes.fetch, POST: dataTypes.update }),
  route("/types/:type/buckets/:bucket/datatypes", { POST: dataTypes.update }),
  route("/buckets/:bucket/counters/:key", { GET: counters.fetch, POST: counters.update }),
  ...ofTypes("/buckets", { GET: lists.buckets }),
  route("/types/:type/props", { GET: props.getType, PUT: props.setType }),
  route("/riak/:bucket/:key", object),
  route("/riak/:bucket/:key/*", { GET: walkLinks }),
  route("/riak/:bucket", { GET: lists.oldBucket, PUT: props.setBucket, POST: objects.create }),
  route("/riak", { GET: lists.buckets }),
  route("/ping", { GET: server.ping }),
  route("/stats", { GET: server.stats }),
  route("/", { GET: server.resources }),
  ...ofEveryMethod("/mapred", server.notHere("map-reduce")),
  ...ofEveryMethod("/search/*", server.notHere("search")),
  ...ofEveryMethod("/solr/*", server.notHere("search")),
  ...ofEveryMethod("/ts/*", server.notHere("time series")),
];
