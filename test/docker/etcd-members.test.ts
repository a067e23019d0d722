// Shows on real containers how members of the store come, go, lose their disks and come back: nothing acknowledged is lost, and who is gone disturbs nobody.
import { afterAll, beforeAll, expect, it } from "vitest";
import type { LogRecord } from "../../src/core/log-record.js";
import { docker, eventually, TestCluster } from "../support/cli.js";

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await TestCluster.create();
  await cluster.up();
});
afterAll(() => cluster.destroy());

/** Calls etcd's JSON gateway on a node. */
async function call(node: string, path: string, body: unknown): Promise<{ readonly status: number; readonly body: Answer }> {
  const { address } = await cluster.node(node);
  const response = await fetch(`http://${address}${path}`, { method: "POST", body: JSON.stringify(body) });
  return { status: response.status, body: (await response.json()) as Answer };
}
type Answer = Readonly<Record<string, unknown>>;

const terms = async (...nodes: readonly string[]): Promise<readonly unknown[]> =>
  Promise.all(nodes.map(async (node) => (await cluster.node(node)).store?.term));

async function saidOf(node: string, event: string): Promise<readonly LogRecord[]> {
  const { stdout } = await cluster.run("logs", "--json", "--node", node, "--event", event);
  const records = stdout.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as LogRecord]));
  // the last one counts the others
  return records.filter((record) => record.event === event);
}

const votersAre = (...voters: readonly string[]): Promise<void> =>
  eventually(`the voters are ${voters.join(", ")}`, 20_000, async () => {
    const { nodes } = await cluster.status();
    return voters.every((voter) => {
      const store = nodes.find(({ node }) => node === voter)?.store;
      return store !== null && [...(store?.voters ?? [])].sort().join() === voters.join() && store?.learners.length === 0;
    });
  });

const equalHashes = (): Promise<void> =>
  eventually("all nodes hold the same", 10_000, async () => {
    const { nodes } = await cluster.status(true);
    return new Set(nodes.map(({ store }) => store?.hash)).size === 1 && nodes.every(({ store }) => store?.hash !== undefined);
  });

it("a node that loses its disk comes back as a new member, with all the data", async () => {
  await cluster.json("put", "stays", "here");
  await cluster.json("chaos", "wipe", "n2");
  await votersAre("n1", "n2", "n3");
  expect((await cluster.node("n2")).store?.member).toBe(4);
  expect(await cluster.json("get", "stays", "--node", "n2")).toMatchObject({ value: "here" });
  expect(await saidOf("n2", "member-rejoins")).toHaveLength(1);
  await equalHashes();
  expect((await cluster.up()).steps).toEqual([]);
  // the number on its disk stands above that of its container
  await cluster.json("chaos", "restart", "n2");
  await votersAre("n1", "n2", "n3");
  expect((await cluster.node("n2")).store?.member).toBe(4);
});

it("a member that is removed while it is down disturbs nobody when it comes back, and ends; `up` makes it a new one", async () => {
  const gone = (await cluster.leader()) === "n3" ? "n1" : "n3";
  const stays = ["n1", "n2", "n3"].filter((node) => node !== gone);
  const id = (await cluster.node(gone)).store?.member;
  await docker("kill", cluster.container(gone));
  await eventually("it is removed", 10_000, async () => {
    const { status } = await call("n2", "/v3/cluster/member/remove", { ID: String(id) });
    return status === 200;
  });
  const before = await terms(...stays);
  await docker("start", cluster.container(gone));
  expect(await docker("wait", cluster.container(gone))).toBe("0");
  expect(await terms(...stays)).toEqual(before);
  expect((await saidOf(gone, "removed")).map(({ msg }) => msg)).toEqual([
    expect.stringContaining("ends: it was removed from the cluster"),
  ]);
  expect((await cluster.up()).steps).toEqual([`create ${gone} and let it join store`]);
  await votersAre("n1", "n2", "n3");
  expect(await cluster.json("get", "stays", "--node", gone)).toMatchObject({ value: "here" });
});

it("a damaged record: the node stops with file and offset, the others go on, and a wipe is the way back", async () => {
  const hurt = (await cluster.leader()) === "n3" ? "n1" : "n3";
  for (let i = 0; i < 20; i++) await cluster.json("put", `more-${i}`, "x");
  await cluster.json("chaos", "disk", hurt, "--flip-bit");
  await docker("kill", cluster.container(hurt));
  await docker("start", cluster.container(hurt));
  expect(await docker("wait", cluster.container(hurt))).toBe("3");
  expect((await saidOf(hurt, "wal-corrupt")).map(({ fields }) => fields)).toEqual([
    expect.objectContaining({ file: expect.stringContaining("/data/wal-"), offset: expect.any(Number) }),
  ]);
  await cluster.json("put", "meanwhile", "yes");
  await cluster.json("chaos", "heal");
  await cluster.json("chaos", "wipe", hurt);
  await votersAre("n1", "n2", "n3");
  expect(await cluster.json("get", "meanwhile", "--node", hurt)).toMatchObject({ value: "yes" });
  await equalHashes();
});

it("five nodes and three again under load: every acknowledged write stays", { timeout: 180_000 }, async () => {
  const acknowledged: string[] = [];
  let isOver = false;
  const writer = async (number: number): Promise<void> => {
    const { address } = await cluster.node("n2");
    for (let i = 0; !isOver; i++) {
      const key = `load/${number}/${i}`;
      const body = JSON.stringify({ key: Buffer.from(key).toString("base64"), value: "dg==" });
      const answer = await fetch(`http://${address}/v3/kv/put`, { method: "POST", body }).catch(() => undefined);
      if (answer?.status === 200) acknowledged.push(key);
      await answer?.arrayBuffer();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  const writers = [1, 2, 3, 4].map(writer);
  try {
    await cluster.up("--nodes", "5");
    await votersAre("n1", "n2", "n3", "n4", "n5");
    await cluster.up("--nodes", "3");
    await votersAre("n1", "n2", "n3");
  } finally {
    isOver = true;
    await Promise.all(writers);
  }
  expect(acknowledged.length).toBeGreaterThan(100);
  const range = {
    key: Buffer.from("load/").toString("base64"),
    range_end: Buffer.from("load0").toString("base64"),
    keys_only: true,
  };
  const { body } = await call("n1", "/v3/kv/range", range);
  const there = new Set((body["kvs"] as { key: string }[]).map(({ key }) => Buffer.from(key, "base64").toString()));
  expect(acknowledged.filter((key) => !there.has(key))).toEqual([]);
  await equalHashes();
});
