// Shows what the comparison lets pass and what it does not: order among equals, ids and words that nobody chose, but never a value, a count or an error of etcd's own.
import { expect, it } from "vitest";
import { mask } from "./masks.js";
import type { Json, JsonObject, Operation } from "./operation.js";

const base64 = (text: string): string => Buffer.from(text).toString("base64");
const pair = (key: string, version: string): JsonObject => ({ key: base64(key), mod_revision: "12", version });

function masked(operation: Partial<Operation>, body: Json, status = 200, drawnLeases: string[] = []): Json {
  const whole = { path: "/v3/kv/range", body: {}, spelling: "snake", ...operation } as const;
  return mask(whole, { status, body }, { base: 10, drawnLeases, tokens: new Map() });
}

const byVersion = { body: { sort_target: "VERSION" } };

it("shows bytes as text and revisions from the run's beginning, and drops whose answer it is", () => {
  const header = { cluster_id: "1", member_id: "2", revision: "15", raft_term: "3" };
  expect(masked({}, { header, kvs: [pair("k", "2")], count: "1" })).toEqual({
    status: 200,
    body: { header: { revision: 5 }, kvs: [{ key: "k", mod_revision: 2, version: "2" }], count: "1" },
  });
});

it("takes pairs that sorting cannot tell apart in either order, others not", () => {
  const one = masked(byVersion, { kvs: [pair("a", "1"), pair("b", "1"), pair("c", "2")] });
  expect(masked(byVersion, { kvs: [pair("b", "1"), pair("a", "1"), pair("c", "2")] })).toEqual(one);
  expect(masked(byVersion, { kvs: [pair("a", "1"), pair("c", "2"), pair("b", "1")] })).not.toEqual(one);
  const unsorted = masked({}, { kvs: [pair("a", "1"), pair("b", "1")] });
  expect(masked({}, { kvs: [pair("b", "1"), pair("a", "1")] })).not.toEqual(unsorted);
});

it("takes any of equal pairs where a limit falls among them, as many as there are", () => {
  const limited = (kvs: Json[], more: boolean): Json => masked(byVersion, { kvs, ...(more ? { more } : {}) });
  expect(limited([pair("a", "1"), pair("b", "2")], true)).toEqual(limited([pair("a", "1"), pair("c", "2")], true));
  expect(limited([pair("a", "1"), pair("b", "2")], true)).not.toEqual(limited([pair("a", "1")], true));
  expect(limited([pair("a", "1"), pair("b", "2")], false)).not.toEqual(limited([pair("a", "1"), pair("c", "2")], false));
});

it("finds the ranges of the branch that a txn took, and of the txns within", () => {
  const range = (...keys: string[]): Json => ({ response_range: { kvs: keys.map((key) => pair(key, "1")) } });
  const request = { request_range: byVersion.body };
  const txn = { path: "/v3/kv/txn", body: { success: [{ request_txn: { failure: [request] } }], failure: [{}] } };
  const answer = (...keys: string[]): Json => ({
    succeeded: true,
    responses: [{ response_txn: { responses: [range(...keys)] } }],
  });
  expect(masked(txn, answer("a", "b"))).toEqual(masked(txn, answer("b", "a")));
  expect(masked(txn, answer("a", "b"))).not.toEqual(masked(txn, answer("a", "c")));
});

it("lets the words about what is no request differ, not those of the store", () => {
  const failed = (error: string, code = 3): Json => masked({ malformed: "{" }, { error, message: error, code }, 400);
  expect(failed("unexpected EOF")).toEqual(failed("the body is not JSON"));
  expect(failed("unexpected EOF")).not.toEqual(failed("unexpected EOF", 2));
  expect(failed("etcdserver: key is not provided")).not.toEqual(failed("etcdserver: key not found"));
});

it("calls leases that a store drew by their order", () => {
  const grant = { path: "/v3/lease/grant", body: { TTL: 10 } };
  const drawn: string[] = [];
  expect(masked(grant, { ID: "123456789", TTL: "10" }, 200, drawn)).toEqual({ status: 200, body: { ID: "drawn 1", TTL: "10" } });
  expect(masked({}, { kvs: [{ lease: "123456789" }] }, 200, drawn)).toEqual({
    status: 200,
    body: { kvs: [{ lease: "drawn 1" }] },
  });
});
