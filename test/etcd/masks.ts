/**
 * What may differ between two stores that both behave as etcd. Each mask stands beside its reason; whatever is not masked here has to
 * be equal, down to the texts of errors.
 */
import { isBytes, isLease, isList, isObject, isRevision } from "./operation.js";
import type { Json, JsonObject, Operation, Run } from "./operation.js";

export interface Answer {
  /** Of HTTP. */
  readonly status: number;
  readonly body: Json;
}

const masked: ReadonlyMap<string, string> = new Map([
  ["cluster_id", "drawn when a cluster is founded"],
  ["member_id", "drawn when a member is added"],
  ["raft_term", "how often a cluster has voted is its own affair"],
  ["token", "drawn, and so that nobody can guess it"],
  ["definite", "our answer to what etcd leaves open: whether a write that failed may still happen"],
]);

/** A store's answer in the words of the operations. Leases that the store drew are added to `run`. */
export function mask(operation: Operation, { status, body }: Answer, run: Run): Json {
  if (operation.malformed !== undefined && isObject(body) && !fromEtcdItself(body["error"])) {
    // The rest is the words of Go's decoders, which nobody can act upon.
    return { status, code: body["code"] ?? null, hasWords: hasWords(body["error"]) && hasWords(body["message"]) };
  }
  if (operation.path === "/v3/lease/grant") noteDrawn(operation.body, body, run);
  if (operation.path === "/v3/auth/authenticate") noteToken(operation.body, body, run);
  const shown = readable(body, run);
  if (operation.path === "/v3/lease/timetolive" && isObject(shown)) return { status, body: withoutTimeLeft(shown) };
  if (operation.path === "/v3/lease/leases" && isObject(shown)) return { status, body: withLeasesInOrder(shown) };
  return { status, body: tiesByKey(operation.path, operation.body, shown) };
}

function hasWords(json: Json | undefined): boolean {
  return typeof json === "string" && json !== "";
}

/** The gateway's texts may differ, those of the store behind it may not. Without an error, there is nothing to excuse. */
function fromEtcdItself(error: Json | undefined): boolean {
  return typeof error !== "string" || error.startsWith("etcdserver: ");
}

function noteDrawn(request: JsonObject, answer: Json, { drawnLeases }: Run): void {
  const id = isObject(answer) ? answer["ID"] : undefined;
  if (typeof id === "string" && !("ID" in request)) drawnLeases.push(id);
}

function noteToken({ name }: JsonObject, answer: Json, { tokens }: Run): void {
  const token = isObject(answer) ? answer["token"] : undefined;
  if (typeof token === "string" && typeof name === "string") tokens.set(name, token);
}

/** Without what is masked; bytes as text, revisions counted from the run's beginning, drawn leases by their order. */
function readable(json: Json, run: Run): Json {
  if (isList(json)) return json.map((one) => readable(one, run));
  if (!isObject(json)) return json;
  return Object.fromEntries(
    Object.entries(json)
      .filter(([field]) => !masked.has(field))
      .map(([field, value]) => {
        if (typeof value !== "string") return [field, readable(value, run)];
        if (isBytes(field)) return [field, textOf(value)];
        if (isRevision(field)) return [field, Number(value) - run.base];
        return [field, isLease(field) ? leaseName(value, run) : value];
      }),
  );
}

function leaseName(id: string, { drawnLeases }: Run): string {
  const at = drawnLeases.indexOf(id);
  return at < 0 ? id : `drawn ${at + 1}`;
}

/** Base64 in another form than etcd's (alphabet, padding) stays as it is, and so shows up. */
function textOf(base64: string): string {
  const bytes = Buffer.from(base64, "base64");
  return bytes.toString("base64") === base64 ? bytes.toString("latin1") : base64;
}

/** Seconds pass between two stores' answers. */
function withoutTimeLeft(answer: JsonObject): Json {
  return Object.fromEntries(Object.entries(answer).filter(([field, value]) => field !== "TTL" || value === "-1"));
}

/** etcd lists leases by expiry, which is a race between two that end in the same second. */
function withLeasesInOrder(answer: JsonObject): Json {
  const leases = answer["leases"];
  return isList(leases)
    ? { ...answer, leases: leases.toSorted((a, b) => compareTexts(JSON.stringify(a), JSON.stringify(b))) }
    : answer;
}

const responseOf: ReadonlyMap<string, string> = new Map([
  ["request_range", "response_range"],
  ["request_txn", "response_txn"],
]);

/**
 * Go's sort is not stable: pairs that the sorted field does not tell apart may come in any order, and where a limit falls among them,
 * any of them may be left out. So they are put in the order of their keys, and those at a cut are counted only.
 */
function tiesByKey(path: string, request: JsonObject, answer: Json): Json {
  if (!isObject(answer)) return answer;
  if (path === "/v3/kv/range") return rangeTiesByKey(request, answer);
  const responses = answer["responses"];
  if (path !== "/v3/kv/txn" || !isList(responses)) return answer;
  const asked = request[answer["succeeded"] === true ? "success" : "failure"];
  return {
    ...answer,
    responses: responses.map((response, at) => innerTiesByKey(isList(asked) ? asked[at] : undefined, response)),
  };
}

function innerTiesByKey(asked: Json | undefined, response: Json): Json {
  if (!isObject(asked) || !isObject(response)) return response;
  for (const [from, to] of responseOf) {
    const request = asked[from];
    const answer = response[to];
    if (!isObject(request) || !isObject(answer)) continue;
    return { ...response, [to]: tiesByKey(from === "request_range" ? "/v3/kv/range" : "/v3/kv/txn", request, answer) };
  }
  return response;
}

/** Fields of a pair by `RangeRequest.SortTarget`, by name and by number; keys are never equal. */
const sortedField: ReadonlyMap<Json | undefined, string> = new Map<Json | undefined, string>([
  ["VERSION", "version"],
  ["CREATE", "create_revision"],
  ["MOD", "mod_revision"],
  ["VALUE", "value"],
  [1, "version"],
  [2, "create_revision"],
  [3, "mod_revision"],
  [4, "value"],
]);

function rangeTiesByKey(request: JsonObject, answer: JsonObject): Json {
  const field = sortedField.get(request["sort_target"]);
  const pairs = answer["kvs"];
  if (field === undefined || !isList(pairs)) return answer;
  const groups: JsonObject[][] = [];
  for (const pair of pairs.filter(isObject)) {
    const last = groups.at(-1);
    // With keys_only the values are not there to tell pairs apart: then all of them count as equal.
    if (last !== undefined && last[0]?.[field] === pair[field]) last.push(pair);
    else groups.push([pair]);
  }
  const cut = answer["more"] === true ? groups.pop() : undefined;
  const kvs = groups.flatMap((group) => group.toSorted((a, b) => compareTexts(JSON.stringify(a), JSON.stringify(b))));
  return { ...answer, kvs, ...(cut === undefined ? {} : { amongEquals: cut.length }) };
}

function compareTexts(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
