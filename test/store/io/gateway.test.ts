// Shows the HTTP side: which status, code and `definite` each kind of trouble gets, and that bodies are bounded.
import { afterEach, beforeEach, expect, it } from "vitest";
import { RequestFailed } from "../../../src/store/ask.js";
import type { Failure } from "../../../src/store/ask.js";
import { FrontDoor } from "../../../src/store/io/front-door.js";
import { Gateway } from "../../../src/store/io/gateway.js";
import type { Store } from "../../../src/store/io/gateway.js";
import { GrpcServer } from "../../../src/store/io/grpc-server.js";
import { etcdMethods, etcdServices } from "../../../src/store/rpc/methods.js";

let failure: Failure | undefined;
let unhealthy: string | undefined;
const store: Store = {
  write: () =>
    failure === undefined
      ? Promise.resolve({ type: "written", revision: 7, term: 3, changed: 0, previous: [] })
      : Promise.reject(new RequestFailed(failure)),
  range: () => Promise.resolve({ revision: 7, kvs: [], count: 0, more: false }),
  changeMembers: () => Promise.resolve(4),
  members: () => [],
  header: () => ({ cluster: "11", member: "1", revision: 6, term: 2 }),
  unhealthy: () => unhealthy,
  status: (withHash) => ({ withHash }),
  raftStatus: () => ({ leader: 1, committed: 9, applied: 8, isLearner: false, bytes: 5 }),
};

let door: FrontDoor;
let url: string;
beforeEach(async () => {
  failure = unhealthy = undefined;
  const services = etcdServices(store);
  door = new FrontDoor(new GrpcServer(etcdMethods(services)), new Gateway(store, services).server);
  url = `http://127.0.0.1:${await door.listen("127.0.0.1", 0)}`;
});
afterEach(() => door.close());

const post = (path: string, body: string): Promise<Response> => fetch(url + path, { method: "POST", body });
const putBody = `{"key":"aw==","value":"dg=="}`;

it("answers with the revision and term of the write", async () => {
  const response = await post("/v3/kv/put", putBody);
  expect(await response.json()).toEqual({ header: { cluster_id: "11", member_id: "1", revision: "7", raft_term: "3" } });
});

it.each<[Failure["kind"], number, number, boolean]>([
  ["unavailable", 503, 14, true],
  ["moved", 503, 14, true],
  ["indefinite", 504, 4, false],
  ["invalid", 400, 3, true],
])("%s: %i, code %i, definite %s", async (kind, status, code, definite) => {
  failure = { kind, message: "why" };
  const response = await post("/v3/kv/put", putBody);
  expect([response.status, await response.json()]).toEqual([status, { error: "why", code, definite }]);
});

it.each<[string, () => Promise<Response>, number]>([
  ["a wrong body", () => post("/v3/kv/put", "nonsense"), 400],
  ["no body", () => post("/v3/kv/put", ""), 400],
  ["a body over the bound", () => post("/v3/kv/put", "x".repeat(1.5 * 2 ** 20 + 1)), 413],
  ["an unknown path", () => post("/v3/kv/compaction", "{}"), 404],
  ["the wrong method", () => fetch(`${url}/v3/kv/put`), 405],
])("%s is definite trouble", async (_, ask, status) => {
  const response = await ask();
  expect(response.status).toBe(status);
  expect(await response.json()).toMatchObject({ definite: true });
});

it("answers what has no way of its own here as the services do", async () => {
  const status = await post("/v3/maintenance/status", "{}");
  expect([status.status, await status.json()]).toEqual([
    200,
    {
      header: { cluster_id: "11", member_id: "1", revision: "6", raft_term: "2" },
      version: "3.4.0",
      dbSize: "5",
      dbSizeInUse: "5",
      leader: "1",
      raftIndex: "9",
      raftAppliedIndex: "8",
      raftTerm: "2",
    },
  ]);
  const alarm = await post("/v3/maintenance/alarm", `{"action":"ACTIVATE"}`);
  expect([alarm.status, await alarm.json()]).toMatchObject([501, { code: 12, definite: true }]);
  const wrong = await post("/v3/maintenance/alarm", `{"action":"SHOUT"}`);
  expect([wrong.status, await wrong.json()]).toMatchObject([400, { code: 3, definite: true }]);
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
