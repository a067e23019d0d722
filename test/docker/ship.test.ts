// Shows on a real engine that all a cluster says reaches a receiver in a container once and in order: through a partition, a receiver that is away, and the shipper's death.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { build } from "rolldown";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { LogRecord } from "../../src/core/log-record.js";
import { docker, eventually, TestCluster } from "../support/cli.js";
import type { Received } from "../support/otlp-receiver.js";
import { freePorts } from "../support/ports.js";

let cluster: TestCluster;
let port: number;
let folder: string;
const receiver = `devious-otlp-receiver-${process.pid}`;

beforeAll(async () => {
  [port = 0] = await freePorts(1);
  cluster = await TestCluster.create(
    `services:\n  kv: { store: raft, nodes: 3 }\nlogging: { ship: { otlp: "http://localhost:${port}" } }\n`,
  );
  folder = await mkdtemp(path.join(tmpdir(), "devious-receiver-"));
  await build({
    input: "test/support/otlp-receiver-program.ts",
    platform: "node",
    logLevel: "silent",
    output: { file: path.join(folder, "receiver.mjs"), format: "esm", codeSplitting: false },
  });
  await cluster.up();
  const image = await docker("inspect", "--format", "{{.Image}}", cluster.container("kv-1"));
  const options = ["--name", receiver, "--network", "host", "--volume", `${folder}:/receiver:ro`];
  await docker("create", ...options, image, "node", "/receiver/receiver.mjs", String(port));
});

afterAll(async () => {
  await cluster.destroy();
  await docker("rm", "--force", receiver);
  await rm(folder, { recursive: true });
});

async function received(): Promise<readonly Received[]> {
  return (await (await fetch(`http://127.0.0.1:${port}/`)).json()) as readonly Received[];
}

/** What the cluster says of itself, but for the shipper. */
async function said(): Promise<readonly LogRecord[]> {
  const { stdout } = await cluster.run("logs", "--cluster", cluster.name, "--json");
  const records = stdout.split("\n").flatMap((line) => (line === "" ? [] : (JSON.parse(line) as LogRecord)));
  // the last record is the reading's own
  return records.slice(0, -1).filter(({ node }) => node !== "shipper");
}

/** By what is numbered by itself: a node's own records, and the engine's of it. In the order they came. */
function byStream<T>(records: readonly T[], keyOf: (record: T) => string): ReadonlyMap<string, readonly T[]> {
  const streams = new Map<string, T[]>();
  for (const record of records) {
    const key = keyOf(record);
    streams.set(key, [...(streams.get(key) ?? []), record]);
  }
  return streams;
}

const asSaid = ({ ts, level, event, msg, seq }: LogRecord) => ({ ts: nanosOf(ts), level, event, msg, seq });
const asReceived = ({ time, severity, eventName, body, attributes }: Received) => ({
  ts: time,
  level: severity[1],
  event: eventName,
  msg: body,
  seq: attributes["devious.seq"],
});

function nanosOf(ts: string): string {
  return `${Date.parse(`${ts.slice(0, 19)}Z`) / 1000}${ts.slice(20, 29)}`;
}

test("everything said arrives once, in each node's order, through a partition and with a receiver that comes late", async () => {
  await cluster.json("chaos", "partition", "kv-1", "--for", "3s", "--cluster", cluster.name);
  await docker("start", receiver);
  await eventually("the partition's end is received", 20_000, async () =>
    (await received().catch(() => [])).some(({ eventName }) => eventName === "fault-healed"),
  );
  const before = await said();
  // a shipper that is told to end sends what has been said by then
  await docker("stop", "--time", "15", cluster.container("shipper"));
  const [arrived, after] = [await received(), await said()];

  const here = byStream(
    arrived,
    ({ resource, attributes }) =>
      `${String(resource["service.instance.id"])} ${attributes["log.iostream"] === "engine" ? "engine" : "log"}`,
  );
  const there = byStream(after, ({ node, stream }) => `${node} ${stream === "engine" ? "engine" : "log"}`);
  expect([...here.keys()].sort()).toEqual([...there.keys()].sort());
  expect([...here.keys()]).toEqual(expect.arrayContaining(["chaos log", "kv-1 log", "kv-1 engine", "kv-3 log"]));
  for (const [stream, records] of here) {
    expect(records.map(asReceived)).toEqual(there.get(stream)?.slice(0, records.length).map(asSaid));
  }
  expect(arrived.length).toBeGreaterThanOrEqual(before.length);
  expect(arrived.map(({ eventName }) => eventName)).toEqual(
    expect.arrayContaining(["fault-applied", "fault-healed", "leader-elected"]),
  );
});

test("a shipper that is killed comes back by itself, goes on, and repeats no more than a batch", async () => {
  await docker("start", cluster.container("shipper"));
  const shipper = cluster.container("shipper");
  await eventually("it goes on", 20_000, async () => (await docker("logs", shipper)).split("ship-began").length > 2);
  const pid = Number(await docker("inspect", "--format", "{{.State.Pid}}", shipper));
  process.kill(pid, "SIGKILL");
  await cluster.json("chaos", "restart", "kv-2", "--cluster", cluster.name);
  await eventually("the restart is received", 30_000, async () =>
    (await received()).some(
      ({ eventName, resource }) => eventName === "container-died" && resource["service.instance.id"] === "kv-2",
    ),
  );
  await docker("stop", "--time", "15", shipper);
  const [arrived, after] = [await received(), await said()];
  const keys = arrived.map(({ resource, attributes }) =>
    [resource["service.instance.id"], attributes["log.iostream"] === "engine", attributes["devious.seq"]].join(" "),
  );
  const unique = new Set(keys);
  expect(keys.length - unique.size).toBeLessThanOrEqual(512);
  const saidKeys = after.map(({ node, stream, seq }) => [node, stream === "engine", seq].join(" "));
  expect([...unique].filter((key) => !saidKeys.includes(key))).toEqual([]);
  // what was said after it had ended is not there
  expect(saidKeys.length - unique.size).toBeLessThan(200);
  const lines = (await docker("logs", shipper)).split("\n").map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines.at(-1)).toMatchObject({ event: "ship-ended", node: "shipper", dropped: 0, gaps: 0, waiting: 0 });
});
