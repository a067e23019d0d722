// Shows the HTTP side: that calls are answered and refused as etcd's gateway does, status, code and words, with our `definite` beside them, and that bodies are bounded.
import { afterEach, beforeEach, expect, it } from "vitest";
import { RequestFailed } from "../../../src/store/ask.js";
import type { Failure } from "../../../src/store/ask.js";
import { FrontDoor } from "../../../src/store/io/front-door.js";
import { Gateway } from "../../../src/store/io/gateway.js";
import type { Header, Store } from "../../../src/store/rpc/store.js";
import { noUpkeep } from "../rpc/no-upkeep.js";
import { MvccStore } from "../../../src/store/mvcc/mvcc-store.js";
import { GrpcServer } from "../../../src/store/io/grpc-server.js";
import { CallCounts } from "../../../src/store/rpc/counted.js";
import { etcdMethods } from "../../../src/store/rpc/methods.js";
import { accessOf } from "../rpc/access-of.js";
import { streamsOf } from "../rpc/streams-of.js";

import { StoreState } from "../../../src/store/store-state.js";
import { leasesOf } from "../rpc/leases-of.js";

const kv = new MvccStore(() => false);
const header = (): Header => ({ cluster: "11", member: "1", revision: 6, term: 2 });
let failure: Failure | undefined;
let unhealthy: string | undefined;
const store: Store = {
  write: () =>
    failure === undefined
      ? Promise.resolve({ answer: { type: "put", revision: 7, previous: undefined } as never, term: 3 })
      : Promise.reject(new RequestFailed(failure)),
  read: (answer) => Promise.resolve(answer(kv) as never),
  hash: () => Promise.reject(new Error("nothing is hashed here")),
  compacted: () => Promise.resolve(),
  changeMembers: () => Promise.resolve(4),
  members: () => [{ id: 1, name: "n1", peerUrl: "http://n1:2380", clientUrls: ["http://n1:2379"], isLearner: false }],
  isLearner: () => false,
  header,
  unhealthy: () => unhealthy,
  status: (withHash) => Promise.resolve({ withHash }),
  upkeep: noUpkeep,
  raftStatus: () => ({ leader: 1, committed: 9, applied: 8, isLearner: false, bytes: 5, mostBytes: 7 }),
  ...streamsOf(() => kv, header),
  leases: leasesOf(StoreState.create()),
  access: accessOf(),
};

let door: FrontDoor;
let url: string;
beforeEach(async () => {
  failure = unhealthy = undefined;
  const methods = etcdMethods(store, new CallCounts());
  door = new FrontDoor(new GrpcServer(methods), new Gateway(store, methods, () => "up 1\n").server);
  url = `http://127.0.0.1:${await door.listen("127.0.0.1", 0)}`;
});
afterEach(() => door.close());

const post = (path: string, body: string): Promise<Response> => fetch(url + path, { method: "POST", body });
const putBody = `{"key":"aw==","value":"dg=="}`;

it("answers with the revision and term of the write", async () => {
  const response = await post("/v3/kv/put", putBody);
  expect(await response.json()).toEqual({ header: { cluster_id: "11", member_id: "1", revision: "7", raft_term: "3" } });
});

it.each<[Failure, number, number, string, boolean]>([
  [{ kind: "unavailable", message: "why", error: "noLeader" }, 503, 14, "etcdserver: no leader", true],
  [{ kind: "unavailable", message: "why" }, 503, 14, "etcdserver: request timed out", true],
  [{ kind: "moved", message: "why" }, 503, 14, "etcdserver: request timed out", true],
  [{ kind: "indefinite", message: "why" }, 503, 14, "etcdserver: request timed out", false],
  [{ kind: "unavailable", message: "why", error: "tooManyRequests" }, 429, 8, "etcdserver: too many requests", true],
  [{ kind: "invalid", message: "why", error: "memberNotLearner" }, 412, 9, "etcdserver: can only promote a learner member", true],
  [{ kind: "invalid", message: "why" }, 400, 3, "why", true],
])("%j: %i, code %i, %s, definite %s", async (failed, status, code, error, definite) => {
  failure = failed;
  const response = await post("/v3/kv/put", putBody);
  expect([response.status, await response.json()]).toEqual([status, { error, message: error, code, definite }]);
});

const plain = "text/plain; charset=utf-8";
it.each<[string, () => Promise<Response>, number, string]>([
  ["an unknown path", () => post("/v3/nothing", "{}"), 404, "Not Found\n"],
  ["another method than POST for a call", () => fetch(`${url}/v3/kv/put`), 405, "Method Not Allowed\n"],
  ["another method than GET for the version", () => post("/version", ""), 405, "Method Not Allowed\n"],
])("%s is refused in Go's words", async (_, ask, status, words) => {
  const response = await ask();
  expect([response.status, response.headers.get("content-type"), await response.text()]).toEqual([status, plain, words]);
});

const noKey = "etcdserver: key is not provided";
const tooLarge = "etcdserver: request is too large";
const overMax = (bytes: number): string => `grpc: received message larger than max (${bytes} vs. 2097152)`;
/** A put whose message is so long, and too long for the log: three bytes are its key, four are the value's tag and length. */
const putOf = (bytes: number): string => JSON.stringify({ key: "aw==", value: Buffer.alloc(bytes - 7).toString("base64") });

// the texts of sizes and of missing keys are what etcd 3.4.23 answers to the same
it.each<[string, string, string, number, number, string]>([
  ["no body", "kv/put", "", 400, 3, noKey],
  ["null", "kv/put", "null", 400, 3, noKey],
  ["no object", "kv/put", "[]", 400, 3, "the body is not a JSON object"],
  ["no JSON", "kv/put", "nonsense", 400, 3, "the body is not JSON"],
  ["a message over the log's bound", "kv/put", putOf(1_572_900), 400, 3, tooLarge],
  ["a message at gRPC's bound", "kv/put", putOf(2_097_152), 400, 3, tooLarge],
  ["a message over gRPC's bound", "kv/put", putOf(2_097_153), 429, 8, overMax(2_097_153)],
  ["a body over twice that bound", "kv/put", "x".repeat(4_194_305), 429, 8, overMax(4_194_305)],
  ["no URL", "cluster/member/add", `{"peerURLs":["n4"]}`, 400, 3, "etcdserver: given member URLs are invalid"],
  ["no member", "cluster/member/remove", "{}", 404, 5, "etcdserver: member not found"],
  ["no URL to go to", "cluster/member/update", "{}", 400, 3, "etcdserver: given member URLs are invalid"],
])("%s is definite trouble", async (_, call, body, status, code, error) => {
  const response = await post(`/v3/${call}`, body);
  expect([response.status, await response.json()]).toEqual([status, { error, message: error, code, definite: true }]);
});

it.each<[string, string, string]>([
  ["unknown fields", "/v3/kv/put", `{"key":"aw==","colour":1}`],
  ["what follows the object", "/v3/kv/put", `{"key":"aw=="} and {`],
  ["no limit, said by a negative one", "/v3/kv/range", `{"key":"aw==","limit":-1}`],
  ["a query", "/v3/kv/put?pretty", putBody],
  ["the path of etcd 3.3", "/v3beta/kv/put", putBody],
])("takes %s", async (_, path, body) => expect((await post(path, body)).status).toBe(200));

it("answers every call that gRPC answers", async () => {
  const status = await post("/v3/maintenance/status", "{}");
  expect([status.status, await status.json()]).toEqual([
    200,
    {
      header: { cluster_id: "11", member_id: "1", revision: "6", raft_term: "2" },
      version: "3.4.0",
      dbSize: "7",
      dbSizeInUse: "5",
      leader: "1",
      raftIndex: "9",
      raftAppliedIndex: "8",
      raftTerm: "2",
    },
  ]);
});

it("lists members without a revision, as etcd", async () => {
  const list = await post("/v3/cluster/member/list", "{}");
  expect(await list.json()).toEqual({
    header: { cluster_id: "11", member_id: "1", raft_term: "2" },
    members: [{ ID: "1", name: "n1", peerURLs: ["http://n1:2380"], clientURLs: ["http://n1:2379"] }],
  });
});

it("tells whose API is spoken", async () => {
  expect(await (await fetch(`${url}/version`)).json()).toEqual({ etcdserver: "3.4.0", etcdcluster: "3.4.0" });
});

it("says healthy, or why not", async () => {
  const healthy = await fetch(`${url}/health`);
  expect([healthy.status, await healthy.json()]).toEqual([200, { health: "true" }]);
  unhealthy = "no leader is known";
  const ill = await fetch(`${url}/health`);
  expect([ill.status, await ill.json()]).toEqual([503, { health: "false", reason: "no leader is known" }]);
});

it("hashes the state only where it is asked to", async () => {
  expect(await (await fetch(`${url}/status`)).json()).toEqual({ withHash: false });
  expect(await (await fetch(`${url}/status?hash=1`)).json()).toEqual({ withHash: true });
});
