// Shows by packets between the nodes that every shape of partition cuts exactly what its grudge says, and nothing once it is healed.
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { FaultView } from "../../src/chaos/protocol.js";
import { TestCluster } from "../support/cli.js";
import { type Listener, listenForDatagrams, sendDatagrams } from "../support/datagrams.js";
import { type RunningNode, findNode } from "../support/guest/engine-view.js";
import { roundTripsMs } from "../support/guest/round-trips.js";

const names = ["n1", "n2", "n3", "n4", "n5"];
/** Where nothing of the store listens. */
const probePort = 7777;
let cluster: TestCluster;
let nodes: ReadonlyMap<string, RunningNode>;
let listeners: ReadonlyMap<string, Listener>;

beforeAll(async () => {
  cluster = await TestCluster.create("nodes: 5\n");
  await cluster.up();
  nodes = new Map(await Promise.all(names.map(async (name) => [name, await findNode(cluster.name, name)] as const)));
  listeners = new Map(
    await Promise.all(names.map(async (name) => [name, await listenForDatagrams(node(name).pid, [probePort])] as const)),
  );
});
afterAll(async () => {
  for (const listener of listeners.values()) listener.close();
  await cluster.destroy();
});

// what one test left, because it failed, is no matter of the next one's
afterEach(() => cluster.json("chaos", "heal"));

function node(name: string): RunningNode {
  const found = nodes.get(name);
  if (found === undefined) throw new Error(`no node ${name}`);
  return found;
}

/** Node -> the others, from whom so many datagrams each arrived there as were sent, or fewer. */
async function measure(count: number): Promise<Readonly<Record<string, Readonly<Record<string, number>>>>> {
  await Promise.all([...listeners.values()].map((listener) => listener.arrived()));
  await Promise.all(
    names.map((from) => {
      const hosts = names.filter((to) => to !== from).map((to) => node(to).host);
      return sendDatagrams(node(from).pid, { hosts, port: probePort, count });
    }),
  );
  const rows = names.map(async (to) => {
    const arrived = (await listeners.get(to)?.arrived()) ?? {};
    const others = names.filter((from) => from !== to);
    return [to, Object.fromEntries(others.map((from) => [from, arrived[`${node(from).host} ${probePort}`] ?? 0]))] as const;
  });
  return Object.fromEntries(await Promise.all(rows));
}

/** Node -> whom it does not hear, measured; fails where some datagrams of a sender arrive and others do not. */
async function measuredGrudge(): Promise<Readonly<Record<string, readonly string[]>>> {
  const count = 5;
  const matrix = await measure(count);
  const deaf = Object.entries(matrix).map(([to, row]) => {
    for (const [from, arrived] of Object.entries(row)) expect([0, count], `${from} -> ${to}`).toContain(arrived);
    return [to, Object.keys(row).filter((from) => row[from] === 0)] as const;
  });
  return Object.fromEntries(deaf.filter(([, senders]) => senders.length > 0));
}

function grudgeOf({ fault }: FaultView): Readonly<Record<string, readonly string[]>> {
  if (fault.kind !== "partition") throw new Error(`a ${fault.kind}`);
  return fault.grudge;
}

async function partition(...words: readonly string[]): Promise<FaultView> {
  return cluster.json<FaultView>("chaos", "partition", ...words, "--for", "60s");
}

/** For each shape the numbers of nodes that the deaf ones do not hear, in order: what is known of it whatever the seed. */
test.each([
  ["ring", [2, 2, 2, 2, 2]],
  ["halves", [2, 2, 2, 3, 3]],
  ["majority", [2, 2, 2, 3, 3]],
  ["bridge", [2, 2, 2, 2]],
  ["isolate n3", [1, 1, 1, 1, 4]],
  ["n1,n2 | n3", [3, 3, 3, 3, 4]],
  ["one-way n1 n2", [1]],
])("%s: who hears whom is the grudge, measured", async (shape, unheard) => {
  const view = await partition(shape);
  const grudge = grudgeOf(view);
  const sizes = Object.values(grudge).map(({ length }) => length);
  expect(sizes.sort((a, b) => a - b)).toEqual(unheard);
  expect(await measuredGrudge()).toEqual(grudge);
  await cluster.json("chaos", "heal", view.id);
  expect(await measuredGrudge()).toEqual({});
});

test("two cuts at once are the union of both, and healing one leaves the other", async () => {
  const first = await partition("one-way n1 n2");
  expect(await measuredGrudge()).toEqual({ n2: ["n1"] });
  const second = await partition("one-way n1,n3 n2");
  expect(await measuredGrudge()).toEqual({ n2: ["n1", "n3"] });
  await cluster.json("chaos", "heal", second.id);
  expect(await measuredGrudge()).toEqual({ n2: ["n1"] });
  await cluster.json("chaos", "heal", first.id);
  expect(await measuredGrudge()).toEqual({});
});

test("raft's port is cut, in both directions, while the clients' port answers", async () => {
  const { id } = await partition("n1 | n2,n3,n4,n5", "--port", "2380", "--proto", "tcp");
  const dial = async (from: string, to: string, port: number): Promise<boolean> => {
    const [trip] = await roundTripsMs(node(from).pid, { host: node(to).host, port }, { count: 1, limitMs: 1500 });
    return typeof trip === "number";
  };
  expect(await Promise.all([dial("n1", "n2", 2380), dial("n2", "n1", 2380)])).toEqual([false, false]);
  expect(await Promise.all([dial("n1", "n2", 2379), dial("n2", "n1", 2379), dial("n3", "n2", 2380)])).toEqual([true, true, true]);
  expect(await measuredGrudge()).toEqual({});
  await cluster.json("chaos", "heal", id);
  expect(await Promise.all([dial("n1", "n2", 2380), dial("n2", "n1", 2380)])).toEqual([true, true]);
});

test.each(["udp", "icmp"])("%s alone is cut: TCP answers on both sides", async (protocol) => {
  const { id } = await partition("n1 | n2,n3,n4,n5", "--proto", protocol);
  const [trip] = await roundTripsMs(node("n2").pid, { host: node("n1").host, port: 2380 }, { count: 1, limitMs: 1500 });
  expect(trip).toEqual(expect.any(Number));
  const rest = ["n2", "n3", "n4", "n5"];
  expect(await measuredGrudge()).toEqual(
    protocol === "icmp" ? {} : { n1: rest, ...Object.fromEntries(rest.map((name) => [name, ["n1"]])) },
  );
  await cluster.json("chaos", "heal", id);
  expect(await measuredGrudge()).toEqual({});
});

test("flaky n1 at 50 %: half of what n1 sends and of what it is sent is lost, and nothing else", async () => {
  const { id } = await partition("flaky n1");
  const count = 2000;
  const matrix = await measure(count);
  for (const [to, row] of Object.entries(matrix)) {
    for (const [from, arrived] of Object.entries(row)) {
      const flaky = to === "n1" || from === "n1";
      // eight standard deviations of 2000 tosses of a coin are 179
      expect(Math.abs(arrived - (flaky ? count / 2 : count)), `${from} -> ${to}: ${arrived}`).toBeLessThan(flaky ? 180 : 1);
    }
  }
  await cluster.json("chaos", "heal", id);
  expect(await measuredGrudge()).toEqual({});
});
