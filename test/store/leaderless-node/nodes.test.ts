// Shows that nodes of the leaderless store serve one of Riak's own clients through any of them, on real disks and sockets, and go on from their disks.
import { afterEach, expect, it } from "vitest";
import type { RingView } from "../../../src/core/ring-contract.js";
import { bashoClient, valuesOf, type BashoClient } from "../../support/clients/basho.js";
import { until } from "../cluster.js";
import { TestNodes } from "./nodes.js";

const cleanUp: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const each of cleanUp.splice(0).reverse()) await each();
});

async function started(...options: Parameters<typeof TestNodes.start>): Promise<TestNodes> {
  const nodes = await TestNodes.start(...options);
  cleanUp.push(() => nodes.destroy());
  return nodes;
}

async function clientOf(nodes: TestNodes, name: string): Promise<BashoClient> {
  const client = await bashoClient([nodes.address(name)]);
  cleanUp.push(() => client.stop());
  return client;
}

const names = ["n1", "n2", "n3", "n4", "n5"];

async function seeEachOther(nodes: TestNodes, members: readonly string[]): Promise<void> {
  for (const name of members) {
    await until(
      () => nodes.status(name),
      (status) => status.members.filter(({ isReachable }) => isReachable).length === members.length,
    );
  }
}

it("puts through one node and gets through all others; writes that do not know of each other are siblings on all", async () => {
  const nodes = await started(5);
  await seeEachOther(nodes, names);
  const clients = await Promise.all(names.map((name) => clientOf(nodes, name)));
  const [one, two] = clients as [BashoClient, BashoClient];
  for (let i = 0; i < 5; i++) await one.ask("storeValue", { bucket: "b", key: `k${i}`, value: `v${i}` });
  // a busy machine may hold a node up until another is asked in its place, which has nothing yet
  const shown = (client: BashoClient, key: string) =>
    until(
      () => valuesOf(client, "b", key),
      (values) => values.length > 0,
    );
  for (const client of clients) for (let i = 0; i < 5; i++) expect(await shown(client, `k${i}`)).toEqual([`v${i}`]);

  await one.ask("storeValue", { bucket: "b", key: "both", value: "one" });
  await two.ask("storeValue", { bucket: "b", key: "both", value: "two" });
  for (const client of clients) expect(await valuesOf(client, "b", "both")).toEqual(["one", "two"]);

  const { vclock } = await one.ask("fetchValue", { bucket: "b", key: "both" });
  await two.ask("deleteValue", { bucket: "b", key: "both", vclock });
  for (const client of clients)
    expect(await client.ask("fetchValue", { bucket: "b", key: "both" })).toMatchObject({ isNotFound: true });
});

it("goes on with what its disk holds, and without a node that is away", async () => {
  const nodes = await started(3);
  await seeEachOther(nodes, names.slice(0, 3));
  const client = await clientOf(nodes, "n1");
  for (let i = 0; i < 10; i++) await client.ask("storeValue", { bucket: "b", key: `k${i}`, value: "before" });
  await nodes.stopNode("n3");
  for (let i = 10; i < 20; i++) await client.ask("storeValue", { bucket: "b", key: `k${i}`, value: "meanwhile" });
  await nodes.startNode("n3");
  await seeEachOther(nodes, names.slice(0, 3));
  const back = await clientOf(nodes, "n3");
  for (let i = 0; i < 20; i++) expect(await valuesOf(back, "b", `k${i}`)).toEqual([i < 10 ? "before" : "meanwhile"]);
  // hints go home, or the reads have repaired it: either way n3 has them all by itself
  expect(
    await until(
      () => nodes.status("n3"),
      ({ keys }) => keys === 20,
    ),
  ).toMatchObject({ design: "leaderless", role: null, keys: 20 });
});

it("takes in who joins: it is met, though nobody knows its address, and gets what it owns", async () => {
  const nodes = await started(3);
  await seeEachOther(nodes, names.slice(0, 3));
  const client = await clientOf(nodes, "n1");
  for (let i = 0; i < 10; i++) await client.ask("storeValue", { bucket: "b", key: `k${i}`, value: "v" });
  await nodes.join("n4");
  const ring = async (): Promise<RingView> => (await (await fetch(nodes.statusUrl("n1", "/ring"))).json()) as RingView;
  expect((await until(ring, ({ staged }) => staged.length > 0)).staged).toEqual([{ kind: "join", member: "n4" }]);
  const body = JSON.stringify({ command: "commit" });
  expect((await fetch(nodes.statusUrl("n1", "/ring"), { method: "POST", body })).status).toBe(200);
  const settled = await until(ring, ({ nextRing, owners }) => nextRing === null && owners.includes("n4"), 20_000);
  expect(settled.owners).toContain("n4");
  const joined = await clientOf(nodes, "n4");
  for (let i = 0; i < 10; i++) expect(await valuesOf(joined, "b", `k${i}`)).toEqual(["v"]);
});
