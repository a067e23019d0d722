/**
 * Puts and gets of 1 KiB on five nodes of the leaderless store (N=3, R=W=2), any of which takes requests, beside five of the raft store and Debian's
 * Redis, in turn; and what is left of it with a node paused and with a slow link.
 */
import { findProgram } from "../../scripts/setup/run.js";
import { createDevious } from "../devious.js";
import { median } from "../figures.js";
import { startLoaders } from "../load.js";
import { onDisk } from "../on-disk.js";
import { leaderOf, ourNodes } from "../pair.js";
import { removeRedis, startRedis } from "../redis.js";
import { missingLine, ms } from "../report.js";
import { resident } from "../resident.js";

const kinds = ["put", "get"];
const inFlights = [1, 16, 64];
const rounds = 5;
const durationMs = 1500;
const warmUpMs = 2000;
const valueBytes = 1024;
const riakPort = 8087;
/** Under trouble: long enough for one request in a thousand to be many. */
const troubledMs = 10_000;
const troubledInFlight = 16;
/** What the paper promises its users (DeCandia et al. 2007, §2.2). */
const askedP999Ms = 300;
const manyKeys = 20_000;

const clusters = (signal) => [
  createDevious(signal, { name: "devious-bench-leaderless", spec: "leaderless.yaml" }),
  createDevious(signal, { name: "devious-bench-raft", spec: "five-raft.yaml" }),
];

export async function leaderless({ signal }) {
  const [ours, raft] = clusters(signal);
  const loaders = startLoaders(signal);
  try {
    await ours.up();
    const nodes = await ourNodes(ours, riakPort);
    const ports = nodes.map(({ port }) => port);
    const stores = [storeOf("leaderless", (job) => loaders.turns(ports, { protocol: "riak", valueBytes, ...job }))];
    await raft.up();
    const { port: leader } = await leaderOf({ nodes: await ourNodes(raft) });
    // as clients of the others: one request at a time on each connection
    stores.push(storeOf("raft", (job) => loaders.load(leader, { valueBytes, callsAConnection: 1, ...job })));
    const missing = [];
    const redis = findProgram("redis-server");
    if (redis === undefined) missing.push(missingLine("the same on Redis", "no Redis here: sudo apt-get install redis-server"));
    else
      for (const [name, port] of Object.entries(await startRedis(redis, signal)))
        stores.push(storeOf(`Redis, ${name}`, (job) => loaders.turns([port], { protocol: "redis", valueBytes, ...job })));
    for (const { load } of stores) await load({ kind: "put", inFlight: 16, durationMs: warmUpMs, signal });
    const lines = [];
    for (const kind of kinds)
      for (const inFlight of inFlights) lines.push(...(await inTurns(stores, { kind, inFlight, signal })));
    lines.push(...(await troubled(ours, nodes, loaders, signal)), ...(await perKey(nodes, loaders, signal)));
    return [...lines, ...missing];
  } finally {
    loaders.close();
    await clearLeaderless();
  }
}

/** All of it, also what a run that was killed left. */
export async function clearLeaderless() {
  for (const devious of clusters()) await devious.down();
  await removeRedis();
}

function storeOf(name, load) {
  return { name, load };
}

/** Round after round, store after store. */
async function inTurns(stores, { kind, inFlight, signal }) {
  const seen = stores.map(() => []);
  for (let round = 0; round < rounds; round++)
    for (const [at, { load }] of stores.entries()) seen[at].push(await load({ kind, inFlight, durationMs, signal }));
  const of = (at, figure) => median(seen[at].map((one) => one[figure]));
  return stores.map(({ name }, at) => [
    `${kind} of 1 KiB, ${inFlight} in flight, ${name}`,
    "",
    `${of(at, "perSecond").toFixed(0)} /s`,
    at === 1 ? `${(of(0, "perSecond") / of(1, "perSecond")).toFixed(2)} × raft` : "",
    `p50 ${ms(of(at, "p50"))}, p99 ${ms(of(at, "p99"))}, p99.9 ${ms(of(at, "p999"))}; ${rounds} × ${durationMs / 1000} s`,
  ]);
}

/** The paper's yardstick: nearly every request is quick, whatever one node or link does. */
async function troubled(devious, nodes, loaders, signal) {
  const last = nodes.at(-1);
  const others = nodes.slice(0, -1).map(({ port }) => port);
  const all = nodes.map(({ port }) => port);
  const troubles = [
    { what: "all nodes up", ports: all },
    { what: `${last.node} paused`, ports: others, fault: ["chaos", "pause", last.node, "--for", "2m"] },
    {
      what: `50 ms on the link between n1 and ${last.node}`,
      ports: all,
      fault: ["chaos", "delay", "n1", "--to", last.node, "--time", "50ms", "--for", "2m"],
    },
  ];
  const lines = [];
  for (const { what, ports, fault } of troubles) {
    try {
      if (fault !== undefined) await devious.onCluster(fault);
    } catch (error) {
      lines.push(missingLine(`p99.9, ${what}`, error.stderr?.split("\n")[0] ?? error.message));
      continue;
    }
    for (const kind of kinds) {
      const job = { protocol: "riak", valueBytes, kind, inFlight: troubledInFlight, durationMs: troubledMs, signal };
      const { perSecond, p50, p99, p999 } = await loaders.turns(ports, job);
      lines.push([
        `${kind} p99.9, ${what}`,
        `≤ ${askedP999Ms} ms`,
        ms(p999),
        p999 <= askedP999Ms ? "within" : "OVER",
        `${perSecond.toFixed(0)} /s, p50 ${ms(p50)}, p99 ${ms(p99)}; ${troubledInFlight} in flight for ${troubledMs / 1000} s from the start of it`,
      ]);
    }
    if (fault !== undefined) await devious.onCluster(["chaos", "heal"]);
  }
  return lines;
}

/** What a key costs a node that has a copy of it: three of five have. */
async function perKey(nodes, loaders, signal) {
  const before = await Promise.all(nodes.map(look));
  await loaders.fillTurns(
    nodes.map(({ port }) => port),
    { protocol: "riak", keys: manyKeys, inFlight: 16, valueBytes, signal },
  );
  const after = await Promise.all(nodes.map(look));
  if ([...before, ...after].includes(undefined))
    return [missingLine("memory and disk per key", "the engine's processes and files are not to be seen from here")];
  const copies = (manyKeys * 3) / nodes.length;
  return ["memory", "disk"].map((figure) => {
    const grown = nodes.map((_, at) => (after[at][figure] - before[at][figure]) / copies);
    const basis = `${manyKeys} keys of 1 KiB; growth of each node by its ${copies} copies, median of ${nodes.length}`;
    return [`${figure} per key and copy`, "", `${median(grown).toFixed(0)} bytes`, "", basis];
  });
}

async function look(node) {
  const [memory, disk] = [await resident(node), await onDisk(node)];
  return memory === undefined || disk === undefined ? undefined : { memory: memory.VmRSS, disk };
}
