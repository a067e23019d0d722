// Shows that our watches tell what etcd's do: watchers opened before and after a few hundred operations, by JSON and over gRPC, from whichever revision, with filters and what was before.
import type { ClientHttp2Session } from "node:http2";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createPrng } from "../../src/core/prng.js";
import type { Prng } from "../../src/core/prng.js";
import { testCluster, until } from "../store/cluster.js";
import type { TestCluster } from "../store/cluster.js";
import { dial } from "../store/io/h2/grpc-client.js";
import { clear } from "./differential.js";
import { httpEndpoint } from "./endpoints.js";
import type { HttpEndpoint } from "./endpoints.js";
import { everything, generate } from "./generate.js";
import { startEtcd, whyNoEtcd } from "./local-etcd.js";
import type { LocalEtcd } from "./local-etcd.js";
import { bodyText } from "./operation.js";
import type { JsonObject, Operation } from "./operation.js";
import { eventsOf, revisionOf, storyOf, watchByGrpc, watchByJson } from "./watching.js";
import type { WatchConnection, WatcherStory } from "./watching.js";

const operationsASeed = 120;
const watchersASide = 12;
const byJson = [1, 2, 3];
const byGrpc = [101, 102, 103];
const historyId = 99;

interface Side {
  readonly endpoint: HttpEndpoint;
  readonly watch: () => WatchConnection;
}

/** `start`: from where the run begins; 0: from now on. */
interface Wanted {
  readonly key: string;
  readonly rangeEnd: string;
  readonly start: number;
  readonly filters: readonly string[];
  readonly prevKv: boolean;
}

const keys = ["", "a", "ab", "b", "b\0", "c"];
const rangeEnds = ["", "", "\0", "\0", "b", "c", "\xff"];

function draw(prng: Prng, start: number): Wanted {
  const filters = ["NOPUT", "NODELETE"].filter(() => prng.chance(0.15));
  return { key: prng.pick(keys), rangeEnd: prng.pick(rangeEnds), start, filters, prevKv: prng.chance(0.5) };
}

function createRequest({ key, rangeEnd, start, filters, prevKv }: Wanted, id: number, base: number): JsonObject {
  const base64 = (text: string): string => Buffer.from(text, "latin1").toString("base64");
  const range = { key: base64(key), range_end: base64(rangeEnd) };
  const rest = { watch_id: String(id), filters, prev_kv: prevKv, start_revision: String(start === 0 ? 0 : base + start) };
  return { create_request: { ...range, ...rest } };
}

/** How many events of the history a watcher has to be told. */
function countOf(history: readonly JsonObject[], wanted: Wanted, base: number): number {
  return history.filter((event) => {
    const pair = event["kv"] as { readonly key: string };
    const key = Buffer.from(pair.key, "base64").toString("latin1");
    const from = wanted.key === "" ? "\0" : wanted.key;
    const isIn = wanted.rangeEnd === "" ? key === from : key >= from && (wanted.rangeEnd === "\0" || key < wanted.rangeEnd);
    const dropped = event["type"] === "DELETE" ? "NODELETE" : "NOPUT";
    return isIn && revisionOf(event) >= base + wanted.start && !wanted.filters.includes(dropped);
  }).length;
}

async function play(side: Side, operations: readonly Operation[], live: readonly Wanted[], past: readonly Wanted[]) {
  const { endpoint } = side;
  const base = await clear(endpoint);
  const [early, late] = [side.watch(), side.watch()];
  try {
    const everyKey: Wanted = { key: "", rangeEnd: "\0", start: 1, filters: [], prevKv: false };
    early.send(createRequest(everyKey, historyId, base));
    for (const [at, wanted] of live.entries()) early.send(createRequest(wanted, at + 1, base));
    await until(
      () => early.responses.length,
      (count) => count === live.length + 1,
    );
    const run = { base, drawnLeases: [], tokens: new Map() };
    let compacted = 0;
    for (const operation of operations) {
      const { status } = await endpoint.post(operation.path, bodyText(operation, run));
      if (operation.path === "/v3/kv/compaction" && status === 200) compacted = base + Number(operation.body["revision"]);
    }
    // etcd 3.4 removes the tombstones of the compacted revision itself, although watches may begin there
    const isKept = (event: JsonObject): boolean => event["type"] !== "DELETE" || revisionOf(event) !== compacted;
    // and looks up what was before when it sends an event, which may be after a compaction
    const withoutCompacted = (event: JsonObject): JsonObject => {
      const { prev_kv: before, ...rest } = event;
      return before === undefined || revisionOf(event) > compacted ? event : rest;
    };
    const { body } = await endpoint.post("/v3/kv/range", `{"key":"AA=="}`);
    const last = Number(((body as JsonObject)["header"] as JsonObject)["revision"]);
    const history = (): JsonObject[] =>
      early.responses.filter((response) => response["watch_id"] === String(historyId)).flatMap(eventsOf);
    await until(history, (events) => revisionOf(events.at(-1)) === last);
    for (const [at, wanted] of past.entries()) late.send(createRequest(wanted, at + 1, base));
    const stories: WatcherStory[] = [await storyOf(early, historyId, history().length, base)];
    const rest = [
      { connection: early, all: live, kept: () => true, compared: withoutCompacted },
      { connection: late, all: past, kept: isKept, compared: (event: JsonObject) => (isKept(event) ? event : undefined) },
    ];
    for (const { connection, all, kept, compared } of rest)
      for (const [at, wanted] of all.entries())
        stories.push(await storyOf(connection, at + 1, countOf(history().filter(kept), wanted, base), base, compared));
    stories.push(await storyOf(early, -1, 0, base), await storyOf(late, -1, 0, base));
    return stories;
  } finally {
    early.close();
    late.close();
  }
}

describe.skipIf(whyNoEtcd !== "")(`our watches beside etcd's${whyNoEtcd}`, { timeout: 60_000 }, () => {
  let etcd: LocalEtcd;
  let cluster: TestCluster;
  let reference: Side;
  let session: ClientHttp2Session;
  let ours: { readonly json: Side; readonly grpc: Side };

  beforeAll(async () => {
    [etcd, cluster] = await Promise.all([startEtcd(), testCluster(3)]);
    await Promise.all(cluster.members.map(({ id }) => cluster.start(id)));
    await until(
      () => cluster.get(2, "/health"),
      ({ status }) => status === 200,
    );
    const port = cluster.nodes.get(2)?.clientPort ?? 0;
    session = await dial(port);
    const [theirAddress, address] = [{ socketPath: etcd.socketPath }, { port }];
    reference = { endpoint: httpEndpoint("etcd", theirAddress), watch: () => watchByJson(theirAddress) };
    const endpoint = httpEndpoint("our member 2", address);
    ours = {
      json: { endpoint, watch: () => watchByJson(address) },
      grpc: { endpoint, watch: () => watchByGrpc(session) },
    };
  });
  afterAll(async () => {
    reference.endpoint.close();
    ours.json.endpoint.close();
    session.destroy();
    await Promise.all([etcd.stop(), cluster.destroy()]);
  });

  async function check(seed: number, way: keyof typeof ours): Promise<void> {
    const prng = createPrng(seed);
    const operations = generate(prng, operationsASeed, { ...everything, leases: false });
    const some = (start: () => number): Wanted[] => Array.from({ length: watchersASide }, () => draw(prng, start()));
    const live = some(() => prng.pick([0, 0, 1, 20]));
    const past = some(() => prng.int(1, 60));
    const [theirs, answer] = await Promise.all([reference, ours[way]].map((side) => play(side, operations, live, past)));
    expect(theirs?.[0]?.events.length).toBeGreaterThan(20);
    expect(answer).toEqual(theirs);
  }

  it.each(byJson)("seed %i, by JSON", (seed) => check(seed, "json"));
  it.each(byGrpc)("seed %i, over gRPC", (seed) => check(seed, "grpc"));
});
