// Shows by packets between the nodes that every shape of partition cuts exactly what its grudge says, and nothing once it is healed.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { FaultView, Operation } from "../../src/chaos/protocol.js";
import { anyTraffic, traffic } from "../../src/chaos/traffic.js";
import { askAgent } from "../../src/cluster/agent-client.js";
import { observeCluster } from "../../src/cluster/observe.js";
import { resolveEngineAddress } from "../../src/engine/docker/address.js";
import { createDockerEngine } from "../../src/engine/docker/docker-engine.js";
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

test.each([["ring"], ["halves"], ["majority"], ["bridge"], ["isolate n3"], ["n1,n2 | n3"], ["one-way n1 n2"]])(
  "%s: who hears whom is the grudge, measured",
  async (shape) => {
    const view = await partition(shape);
    const grudge = grudgeOf(view);
    expect(Object.keys(grudge).length).toBeGreaterThan(0);
    if (shape === "one-way n1 n2") expect(grudge).toEqual({ n2: ["n1"] });
    if (shape === "ring") for (const senders of Object.values(grudge)) expect(senders).toHaveLength(2);
    expect(await measuredGrudge()).toEqual(grudge);
    await cluster.json("chaos", "heal", view.id);
    expect(await measuredGrudge()).toEqual({});
  },
);

test("two cuts at once are the union of both, and healing one leaves the other", async () => {
  const first = await partition("one-way n1 n2");
  const second = await partition("one-way n1,n3 n2");
  expect(await measuredGrudge()).toEqual({ n2: ["n1", "n3"] });
  await cluster.json("chaos", "heal", second.id);
  expect(await measuredGrudge()).toEqual({ n2: ["n1"] });
  await cluster.json("chaos", "heal", first.id);
  expect(await measuredGrudge()).toEqual({});
});

/** What the command line may not be able to say. */
async function apply(fault: Extract<Operation, { op: "apply" }>["fault"]): Promise<string> {
  const engine = createDockerEngine(resolveEngineAddress(process.env));
  const { agent } = await observeCluster(engine, cluster.name);
  const asked = { op: "apply", fault, durationMs: 60_000, seed: null, verify: false } as const;
  return (await askAgent(engine, agent?.id ?? "", asked)).fault.id;
}

test("raft's port is cut, in both directions, while the clients' port answers", async () => {
  const grudge = { n1: ["n2"], n2: ["n1"] };
  const id = await apply({ kind: "partition", grudge, shape: "n1 | n2", traffic: traffic("tcp", [2380]), percent: 100 });
  const dial = async (from: string, to: string, port: number): Promise<boolean> => {
    const [trip] = await roundTripsMs(node(from).pid, { host: node(to).host, port }, { count: 1, limitMs: 1500 });
    return typeof trip === "number";
  };
  expect(await Promise.all([dial("n1", "n2", 2380), dial("n2", "n1", 2380)])).toEqual([false, false]);
  expect(await Promise.all([dial("n1", "n2", 2379), dial("n2", "n1", 2379), dial("n3", "n1", 2380)])).toEqual([true, true, true]);
  expect(await measuredGrudge()).toEqual({});
  await cluster.json("chaos", "heal", id);
  expect(await Promise.all([dial("n1", "n2", 2380), dial("n2", "n1", 2380)])).toEqual([true, true]);
});

test("flaky n1 at 50 %: half of what n1 sends and of what it is sent is lost, and nothing else", async () => {
  const others = names.filter((name) => name !== "n1");
  const grudge = { n1: others, ...Object.fromEntries(others.map((name) => [name, ["n1"]])) };
  const id = await apply({ kind: "partition", grudge, shape: "flaky n1", traffic: anyTraffic, percent: 50 });
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
