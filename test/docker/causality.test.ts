// Must hold 9, on a real engine: the ShiViz export of a real run of three nodes passes a validator of ShiViz's own rules, an inverted copy does not, and the causal order holds while a node's clock is a minute wrong.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { LogRecord } from "../../src/core/log-record.js";
import { resolveEngineAddress } from "../../src/engine/docker/address.js";
import { createDockerEngine } from "../../src/engine/docker/docker-engine.js";
import { hlcOf, vectorOf } from "../../src/logs/causal/clocks.js";
import { causalOrder } from "../../src/logs/causal/order.js";
import { shiviz } from "../../src/logs/causal/shiviz.js";
import { validateShiviz } from "../../src/logs/causal/shiviz-rules.js";
import { readLogs } from "../../src/logs/tail.js";
import { docker, eventually, TestCluster } from "../support/cli.js";

const engine = createDockerEngine(resolveEngineAddress(process.env));
const nodes = ["n1", "n2", "n3"];

let cluster: TestCluster;
let records: LogRecord[];

/** Boots, sets a follower's clock ahead, takes the leader away so that the others elect one, and brings it back. */
beforeAll(async () => {
  cluster = await TestCluster.create("nodes: 3\n");
  await cluster.up();
  const first = (await cluster.leader()) ?? "";
  const ahead = nodes.find((node) => node !== first) ?? "";
  await cluster.json("chaos", "clock", ahead, "--skew", "1m");
  await docker("kill", cluster.container(first));
  await eventually("another leader", 10_000, async () => ![undefined, first].includes(await cluster.leader()));
  await docker("start", cluster.container(first));
  await eventually("the old leader follows", 10_000, async () => (await cluster.node(first)).store?.role === "follower");
  records = [];
  for await (const record of readLogs(engine, cluster.name, { follow: false })) records.push(record);
});
afterAll(() => cluster.destroy());

const ofStore = (all: readonly LogRecord[]): LogRecord[] => all.filter(({ node }) => nodes.includes(node));

test("every line of the store carries both clocks", () => {
  const unstamped = ofStore(records).filter((record) => hlcOf(record) === undefined || vectorOf(record) === undefined);
  expect(unstamped).toEqual([]);
  expect(ofStore(records).length).toBeGreaterThan(20);
});

test("the causal order puts no line before one that it can have been caused by, and loses none", () => {
  const ordered = [...causalOrder(records)];
  expect(ordered).toHaveLength(records.length);
  const shown = new Map<string, number>();
  const inverted: LogRecord[] = [];
  for (const record of ordered.toReversed()) {
    // walking back, `shown` has each node's first line of those told later
    const vector = vectorOf(record);
    if (vector === undefined) continue;
    shown.delete(record.node);
    if (Object.entries(vector.lines).some(([node, line]) => (shown.get(node) ?? Infinity) <= line)) inverted.push(record);
    shown.set(record.node, vector.own);
  }
  expect(inverted).toEqual([]);
  for (const node of nodes) {
    const seqs = ordered.filter((record) => record.node === node).map(({ seq }) => seq);
    expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
  }
});

test("its ShiViz export is valid and shows messages between all nodes; an inverted copy is refused (must hold 9)", () => {
  const text = shiviz(records);
  expect(validateShiviz(text)).toEqual([]);

  const lines = text.split("\n");
  const clocks = lines.flatMap((line, at) => {
    const [, host = "", clock = ""] = /^(n\d) (\{.*\})$/.exec(line) ?? [];
    return host === "" ? [] : [{ at, host, clock: JSON.parse(clock) as Record<string, number> }];
  });
  expect(clocks).toHaveLength(ofStore(records).length);
  for (const node of nodes)
    expect(clocks.some(({ host, clock }) => host === node && Object.keys(clock).length === nodes.length)).toBe(true);

  // the arrow of one message is turned round: the cause names its effect
  const effect = clocks.find(({ clock }) => Object.keys(clock).length > 1);
  const [from, time] = Object.entries(effect?.clock ?? {}).find(([host]) => host !== effect?.host) ?? [];
  const cause = clocks.find(({ host, clock }) => host === from && clock[host] === time);
  if (effect === undefined || cause === undefined) throw new Error("no message was received");
  const turned = { ...cause.clock, [effect.host]: effect.clock[effect.host] };
  const inverted = lines.with(cause.at, `${cause.host} ${JSON.stringify(turned)}`).join("\n");
  expect(validateShiviz(inverted).map(({ message }) => message)).toContainEqual(expect.stringContaining("happens before itself"));
});
