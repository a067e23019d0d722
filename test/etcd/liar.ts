/** An etcd that tells one lie: what the comparison has to find. */
import type { Endpoint } from "./differential.js";
import { isList, isObject } from "./operation.js";
import type { Json, JsonObject } from "./operation.js";

/** Answers a range by asking the honest store whatever it likes. */
export type Lie = (request: JsonObject, ask: (request: JsonObject) => Promise<Json>) => Promise<Json>;

/** Stands before an honest store and lies about ranges that it answers. */
export function liar({ name, post }: Endpoint, lie: Lie): Endpoint {
  return {
    name: `${name} behind a liar`,
    post: async (path, body, token) => {
      const honest = await post(path, body, token);
      const request = parse(body);
      if (path !== "/v3/kv/range" || honest.status !== 200 || !isObject(request)) return honest;
      return { ...honest, body: await lie(request, async (asked) => (await post(path, JSON.stringify(asked))).body) };
    },
  };
}

function parse(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

/** Each as small as a bug can be: most answers are right. */
export const lies: Readonly<Record<string, Lie>> = {
  "counts one too many, from three on": altered((range) =>
    Number(range["count"]) >= 3 ? { ...range, count: String(Number(range["count"]) + 1) } : range,
  ),
  "never counts a version beyond 2": altered((range) =>
    withPairs(range, (pair) => ({ ...pair, version: String(Math.min(2, Number(pair["version"]))) })),
  ),
  "does not say that there is more": altered((range) => without(range, "more")),
  "reads now, whatever revision was asked for": (request, ask) => ask(without(request, "revision")),
  "answers a key that was overwritten with the value before": async (request, ask) => {
    const range = await ask(request);
    const [pair] = isObject(range) && isList(range["kvs"]) ? range["kvs"].filter(isObject) : [];
    if (!isObject(range) || pair === undefined || "range_end" in request || Number(pair["version"]) < 2) return range;
    const before = await ask({ ...request, revision: String(Number(pair["mod_revision"]) - 1) });
    const [old] = isObject(before) && isList(before["kvs"]) ? before["kvs"].filter(isObject) : [];
    return { ...range, kvs: [{ ...pair, value: old?.["value"] ?? "" }] };
  },
};

function without(object: JsonObject, dropped: string): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([field]) => field !== dropped));
}

function altered(change: (range: JsonObject) => JsonObject): Lie {
  return async (request, ask) => {
    const range = await ask(request);
    return isObject(range) ? change(range) : range;
  };
}

function withPairs(range: JsonObject, change: (pair: JsonObject) => JsonObject): JsonObject {
  const pairs = range["kvs"];
  return isList(pairs) ? { ...range, kvs: pairs.filter(isObject).map(change) } : range;
}
