// Shows on three real nodes in this process that npm etcd3 finds etcd's API on the port that JSON is spoken on, by leader and follower alike, and reads its own writes.
import { Etcd3 } from "etcd3";
import { afterAll, beforeAll, expect, it } from "vitest";
import { testCluster } from "./cluster.js";
import type { TestCluster } from "./cluster.js";

let cluster: TestCluster;
const clients: Etcd3[] = [];
beforeAll(async () => {
  cluster = await testCluster(3);
  await Promise.all(cluster.members.map(({ id }) => cluster.start(id)));
  for (const { clientPort } of cluster.nodes.values()) clients.push(new Etcd3({ hosts: `http://127.0.0.1:${clientPort}` }));
});
afterAll(async () => {
  for (const client of clients) client.close();
  await cluster.destroy();
});

it("what one member took, all others have", async () => {
  for (const [writer, client] of clients.entries()) {
    const { header } = await client.put("key").value(`by ${writer}`);
    for (const reader of clients) {
      const { kvs } = await reader.get("key").exec();
      expect(kvs).toMatchObject([
        { value: Buffer.from(`by ${writer}`), mod_revision: header.revision, version: String(writer + 1) },
      ]);
    }
  }
});

it("JSON and gRPC are two views of one store", async () => {
  await clients[0]?.put("both").value("ways");
  const asked = { key: Buffer.from("both").toString("base64") };
  const { body } = await cluster.post(2, "/v3/kv/range", asked);
  expect(body["kvs"]).toMatchObject([{ ...asked, value: Buffer.from("ways").toString("base64") }]);
});

it("a learner comes and goes as clients ask, and may not vote before it is in sync", async () => {
  const { member } = (await clients[1]?.cluster.memberAdd({ peerURLs: ["http://127.0.0.1:1"], isLearner: true })) ?? {};
  expect(member).toMatchObject({ ID: "4", isLearner: true });
  await expect(clients[2]?.cluster.memberPromote({ ID: "4" })).rejects.toThrow(
    "can only promote a learner member which is in sync",
  );
  await clients[2]?.cluster.memberRemove({ ID: "4" });
  const { members } = (await clients[2]?.cluster.memberList({ linearizable: true })) ?? { members: [] };
  expect(members.map(({ ID }) => ID)).toEqual(["1", "2", "3"]);
});
