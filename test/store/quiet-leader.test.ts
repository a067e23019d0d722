// Shows on three real nodes in this process that a leader that begins without an entry of its own (`commitRule: any`) does what it would do after one: reads, leases, changes of members.
import { afterAll, beforeAll, expect, it } from "vitest";
import { base64, testCluster, until } from "./cluster.js";
import type { TestCluster } from "./cluster.js";

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await testCluster(3, {}, { commitRule: "any" });
  await Promise.all(cluster.members.map(({ id }) => cluster.start(id)));
});
afterAll(() => cluster.destroy());

async function post(member: number, path: string, body: object): Promise<Record<string, unknown>> {
  const answer = await cluster.post(member, path, body);
  if (answer.status !== 200) throw new Error(`${path}: ${JSON.stringify(answer)}`);
  return answer.body;
}

it("a new leader of whom nobody wants a write answers reads, renews and ends leases, and changes the members", async () => {
  const { ID: long } = await post(1, "/v3/lease/grant", { TTL: 60 });
  const { ID: short } = await post(1, "/v3/lease/grant", { TTL: 1 });
  await post(1, "/v3/kv/put", { key: base64("k"), value: base64("v"), lease: short });
  const { body } = await until(
    () => cluster.get(1, "/status"),
    (status) => status.body["leader"] !== null,
  );
  const before = Number(String(body["leader"]).slice(1));
  await cluster.stop(before);
  const [member = 0] = cluster.nodes.keys();
  const { header } = await post(member, "/v3/kv/range", { key: base64("other") });
  expect(Number((header as Record<string, unknown>)["raft_term"])).toBeGreaterThan(Number(body["term"]));
  expect(await post(member, "/v3/lease/keepalive", { ID: long })).toMatchObject({ result: { ID: long, TTL: "60" } });
  await until(
    () => post(member, "/v3/kv/range", { key: base64("k") }),
    (answer) => !("kvs" in answer),
  );
  const { members } = await post(member, "/v3/cluster/member/remove", { ID: String(before) });
  expect(members).toHaveLength(2);
});
