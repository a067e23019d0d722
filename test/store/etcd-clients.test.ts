// Shows on three real nodes in this process that npm etcd3 finds etcd's API on the port that JSON is spoken on, by leader and follower alike, and reads its own writes, also what was before them.
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

it("transactions count each other, whichever member they came through, and a stale read at that member is not behind its own writes", async () => {
  const add = async (client: Etcd3): Promise<void> => {
    for (;;) {
      const before = await client.get("sum").serializable(true).exec();
      const [kv] = before.kvs;
      const sum = client.if("sum", "Mod", "==", Number(kv?.mod_revision ?? 0));
      const { succeeded } = await sum.then(client.put("sum").value(Number(kv?.value ?? 0) + 1)).commit();
      if (succeeded) break;
    }
  };
  await Promise.all([...clients, ...clients].map(add));
  for (const client of clients) expect(await client.get("sum").number()).toBe(6);
  const [, follower] = clients;
  for (let at = 0; at < 20; at++) {
    await follower?.put("own").value(at);
    expect(await follower?.get("own").serializable(true).number()).toBe(at);
  }
});

it("what one member was asked to compact is compacted at all, and they are equal afterwards", async () => {
  const { header } = (await clients[0]?.put("key").value("last")) ?? {};
  const revision = header?.revision ?? "0";
  expect(
    await clients[1]
      ?.get("key")
      .revision(Number(revision) - 1)
      .string(),
  ).not.toBe("last");
  await clients[1]?.kv.compact({ revision, physical: true });
  for (const client of clients) {
    await expect(
      client
        .get("key")
        .revision(Number(revision) - 1)
        .exec(),
    ).rejects.toThrow("has been compacted");
    expect(await client.get("key").revision(Number(revision)).string()).toBe("last");
  }
  const hashes = await Promise.all([1, 2, 3].map(async (id) => (await cluster.get(id, "/status?hash=1")).body["hash"]));
  expect(new Set(hashes).size).toBe(1);
  const sums = await Promise.all([1, 2, 3].map(async (id) => (await cluster.post(id, "/v3/maintenance/hash", {})).body["hash"]));
  expect([typeof sums[0], new Set(sums).size]).toEqual(["number", 1]);
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
