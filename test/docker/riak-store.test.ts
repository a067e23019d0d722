// Shows a cluster of the leaderless store on a real engine, used by the clients that Riak's users have: through any node, across a crash, a cut and a pause.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ClusterStatus } from "../../src/cluster/status.js";
import { TestCluster } from "../support/cli.js";
import { allReachAll } from "../support/riak-cluster.js";
import { bashoClient, valuesOf, type BashoClient } from "../support/clients/basho.js";
import { noRiakClient } from "../support/clients/no-riak.js";

const names = ["n1", "n2", "n3", "n4", "n5"];
const bucket = "shop";

let cluster: TestCluster;
const clients = new Map<string, BashoClient>();

beforeAll(async () => {
  cluster = await TestCluster.create("nodes: 5\nstore: leaderless\n");
  await cluster.up();
  for (const name of names) clients.set(name, await bashoClient([await addressOf(name)]));
});
afterAll(async () => {
  await stopClients();
  await cluster.destroy();
});

async function stopClients(): Promise<void> {
  await Promise.all([...clients.values()].map((client) => client.stop()));
  clients.clear();
}

/** Of Riak's protocol buffers. */
async function addressOf(name: string): Promise<string> {
  return (await cluster.node(name)).ports[8087] as string;
}

function through(name: string): BashoClient {
  return clients.get(name) as BashoClient;
}

async function reads(name: string, key: string): Promise<readonly string[]> {
  return valuesOf(through(name), bucket, key);
}

test("all nodes are ready, and each sees all others", async () => {
  await allReachAll(cluster);
  const { nodes } = await cluster.status<ClusterStatus>();
  expect(nodes.map(({ node, health, role }) => `${node} ${health} ${role}`)).toEqual(names.map((name) => `${name} ready null`));
});

test("what is put through one node is got through all others, by either client", async () => {
  await through("n1").ask("storeValue", { bucket, key: "apple", value: "red" });
  for (const name of names) expect(await reads(name, "apple")).toEqual(["red"]);
  const client = noRiakClient(await addressOf("n4"));
  expect(String((await client["get"]({ bucket, key: "apple" })).content[0].value)).toBe("red");
  await client["put"]({ bucket, key: "pear", content: { value: "green" } });
  client["end"]?.();
  expect(await reads("n2", "pear")).toEqual(["green"]);
});

test("writes that do not know of each other are siblings on all nodes, until one resolves them; what is deleted is gone", async () => {
  await through("n2").ask("storeValue", { bucket, key: "plum", value: "blue" });
  await through("n5").ask("storeValue", { bucket, key: "plum", value: "yellow" });
  for (const name of names) expect(await reads(name, "plum")).toEqual(["blue", "yellow"]);
  const { vclock } = await through("n3").ask("fetchValue", { bucket, key: "plum" });
  await through("n1").ask("storeValue", { bucket, key: "plum", value: "both", vclock });
  for (const name of names) expect(await reads(name, "plum")).toEqual(["both"]);
  await through("n4").ask("deleteValue", { bucket, key: "plum" });
  for (const name of names) {
    expect(await through(name).ask("fetchValue", { bucket, key: "plum" })).toMatchObject({ isNotFound: true });
  }
});

test("a node that is killed loses nothing that it had acknowledged, and has what was written meanwhile", async () => {
  for (let i = 0; i < 40; i++) await through("n3").ask("storeValue", { bucket, key: `before${i}`, value: String(i) });
  await cluster.json("chaos", "kill", "n3", "--until-healed");
  for (let i = 0; i < 40; i++) await through("n1").ask("storeValue", { bucket, key: `while${i}`, value: String(i) });
  for (let i = 0; i < 40; i++) expect(await reads("n2", `before${i}`)).toEqual([String(i)]);
  await cluster.json("chaos", "start", "n3");
  await cluster.up();
  await through("n3").stop();
  clients.set("n3", await bashoClient([await addressOf("n3")]));
  for (const kind of ["before", "while"]) {
    for (let i = 0; i < 40; i++) expect(await reads("n3", `${kind}${i}`)).toEqual([String(i)]);
  }
});

test("both sides of a cut go on taking writes, and make siblings of them once it is healed", async () => {
  await cluster.json("chaos", "partition", "n1,n2 | n3,n4,n5", "--until-healed");
  await through("n1").ask("storeValue", { bucket, key: "torn", value: "left" });
  await through("n5").ask("storeValue", { bucket, key: "torn", value: "right" });
  await cluster.json("chaos", "heal");
  await cluster.up();
  // a client that asks again writes again, which is a sibling of its own
  const found = async (name: string): Promise<readonly string[]> => [...new Set(await reads(name, "torn"))];
  for (const name of names) await expect.poll(() => found(name)).toEqual(["left", "right"]);
});

test("the others answer while a node is paused", async () => {
  await cluster.json("chaos", "pause", "n2", "--until-healed");
  await through("n4").ask("storeValue", { bucket, key: "calm", value: "yes" });
  expect(await reads("n5", "calm")).toEqual(["yes"]);
  await cluster.json("chaos", "heal");
  await allReachAll(cluster);
});

test("more nodes join the ring and fewer leave it, and nothing is lost", async () => {
  expect((await cluster.up("--nodes", "6")).steps).toEqual(["create n6 and let it join store"]);
  clients.set("n6", await bashoClient([await addressOf("n6")]));
  for (let i = 0; i < 40; i++) expect(await reads("n6", `before${i}`)).toEqual([String(i)]);
  await through("n6").stop();
  clients.delete("n6");
  expect((await cluster.up("--nodes", "4")).steps).toHaveLength(2);
  const { nodes } = await cluster.status<ClusterStatus>();
  expect(nodes.map(({ node }) => node)).toEqual(["n1", "n2", "n3", "n4"]);
  for (let i = 0; i < 40; i++) expect(await reads("n4", `while${i}`)).toEqual([String(i)]);
});

test("the log tells how the ring changed, and down leaves nothing", async () => {
  await stopClients();
  const { stdout } = await cluster.run("logs", "--cluster", cluster.name);
  expect(stdout).toMatch(/hands \d+ partitions to n6/);
  expect(stdout).toContain("the ring is 2@n1: all owners have what they own");
  await cluster.json("down", "--volumes", "--cluster", cluster.name);
  expect(await cluster.remains()).toEqual([]);
});
