/**
 * Puts and gets of 1 KiB on five nodes of the leaderless store (N=3, R=W=2), any of which takes requests, beside five of the raft store and Debian's
 * Redis, in turn; and what is left of it with a node paused and with a slow link.
 */
import { findProgram } from "../../scripts/setup/run.js";
import { cpuTimeMs } from "../cpu-time.js";
import { createDevious } from "../devious.js";
import { median } from "../figures.js";
import { startLoaders } from "../load.js";
import { onDisk } from "../on-disk.js";
import { leaderOf, ourNodes } from "../pair.js";
import { removeRedis, startRedis } from "../redis.js";
import { missingLine, ms } from "../report.js";
import { resident } from "../resident.js";
import { runScene } from "../scene.js";

const kinds = ["put", "get"];
const inFlights = [1, 16, 64];
const rounds = 5;
const durationMs = 1500;
/** Of puts, then of gets, for each store: five processes compile what they do often five times as late as one. */
const warmUpMs = 10_000;
const warmUpInFlight = 64;
const valueBytes = 1024;
const riakPort = 8087;
/** Under trouble: long enough for one request in a thousand to be many. */
const troubledMs = 10_000;
const troubledInFlight = 16;
/** What the paper promises its users (DeCandia et al. 2007, §2.2). */
const askedP999Ms = 300;
const fewKeys = 20_000;
const manyKeys = 100_000;

const clusters = (signal) => [
  createDevious(signal, { name: "devious-bench-leaderless", spec: "leaderless.yaml" }),
  createDevious(signal, { name: "devious-bench-raft", spec: "five-raft.yaml" }),
];

export async function leaderless({ signal }) {
  const [ours, raft] = clusters(signal);
  const lines = [];
  const loaders = startLoaders(signal);
  try {
    await ours.up();
    const nodes = await ourNodes(ours, riakPort);
    const ports = nodes.map(({ port }) => port);
    const stores = [{ name: "leaderless", nodes, load: (job) => loaders.turns(ports, { protocol: "riak", valueBytes, ...job }) }];
    await raft.up();
    const raftNodes = await ourNodes(raft);
    const { port: leader } = await leaderOf({ nodes: raftNodes });
    // as clients of the others: one request at a time on each connection
    const loadLeader = (job) => loaders.load(leader, { valueBytes, callsAConnection: 1, ...job });
    stores.push({ name: "raft", nodes: raftNodes, load: loadLeader });
    const missing = [];
    const redis = findProgram("redis-server");
    if (redis === undefined) missing.push(missingLine("the same on Redis", "no Redis here: sudo apt-get install redis-server"));
    else
      for (const [name, port] of Object.entries(await startRedis(redis, signal)))
        stores.push({ name: `Redis, ${name}`, load: (job) => loaders.turns([port], { protocol: "redis", valueBytes, ...job }) });
    for (const kind of kinds)
      for (const { load } of stores) await load({ kind, inFlight: warmUpInFlight, durationMs: warmUpMs, signal });
    for (const kind of kinds)
      for (const inFlight of inFlights) lines.push(...(await inTurns(stores, { kind, inFlight, signal })));
    lines.push(...(await troubled(ours, nodes, loaders, signal)), ...(await perKey(ours, loaders, signal)), ...missing);
  } finally {
    loaders.close();
    await clearLeaderless();
  }
  return [...lines, ...(await slowLink())];
}

/** All of it, also what a run that was killed left. */
export async function clearLeaderless() {
  for (const devious of clusters()) await devious.down();
  await removeRedis();
}

/** Round after round, store after store. */
async function inTurns(stores, { kind, inFlight, signal }) {
  const seen = stores.map(() => []);
  // what is to be got is put first, once
  if (kind === "get") for (const { load } of stores) await load({ kind, inFlight, durationMs: 0, signal });
  for (let round = 0; round < rounds; round++) {
    for (const [at, store] of stores.entries())
      seen[at].push(await burst(store, { kind, inFlight, durationMs, isSettled: true, signal }));
  }
  const of = (at, figure) => median(seen[at].map((one) => one[figure]));
  const timesRaft = of(0, "perSecond") / of(1, "perSecond");
  // what was asked for: gets ahead of raft's, puts where many wait
  const isAsked = kind === "get" || inFlight === Math.max(...inFlights);
  const verdict = isAsked ? ` (${timesRaft >= 1 ? "within" : "UNDER"})` : "";
  return stores.map(({ name }, at) => [
    `${kind} of 1 KiB, ${inFlight} in flight, ${name}`,
    at === 0 && isAsked ? "≥ 1 × raft" : "",
    `${of(at, "perSecond").toFixed(0)} /s`,
    at === 0 ? `${timesRaft.toFixed(2)} × raft${verdict}` : "",
    [
      `p50 ${ms(of(at, "p50"))}, p99 ${ms(of(at, "p99"))}, p99.9 ${ms(of(at, "p999"))}; ${rounds} × ${durationMs / 1000} s`,
      ...processorTime(seen[at]),
    ].join("; "),
  ]);
}

/** A load, and what processor time it took of each of the store's nodes. */
async function burst({ nodes = [], load }, job) {
  const look = () => Promise.all(nodes.map(cpuTimeMs));
  const before = await look();
  const seen = await load(job);
  const after = await look();
  return { ...seen, cpuMs: after.map((then, at) => then - before[at]) };
}

/** On two processors the nodes' sum is what counts; where each node has one of its own, the busiest node. */
function processorTime(bursts) {
  const nodes = bursts[0].cpuMs.map((_, at) => bursts.reduce((sum, { cpuMs }) => sum + cpuMs[at], 0));
  if (nodes.length === 0 || nodes.some(Number.isNaN)) return [];
  const requests = bursts.reduce((sum, { perSecond }) => sum + (perSecond * durationMs) / 1000, 0);
  const each = (cpuMs) => `${((cpuMs * 1000) / requests).toFixed(0)} µs`;
  const all = nodes.reduce((sum, cpuMs) => sum + cpuMs, 0);
  return [`processor time a request ${each(all)} of all nodes, ${each(Math.max(...nodes))} of the busiest`];
}

/** The paper's yardstick: nearly every request is quick, whatever one node or link does. */
async function troubled(devious, nodes, loaders, signal) {
  const last = nodes.at(-1);
  const others = nodes.slice(0, -1).map(({ port }) => port);
  const all = nodes.map(({ port }) => port);
  const troubles = [
    { what: "all nodes up", ports: all },
    { what: `${last.node} paused`, ports: others, fault: ["chaos", "pause", last.node, "--for", "2m"] },
  ];
  const lines = [];
  for (const { what, ports, fault } of troubles) {
    if (fault !== undefined) await devious.onCluster(fault);
    for (const kind of kinds) {
      const job = { protocol: "riak", valueBytes, kind, inFlight: troubledInFlight, durationMs: troubledMs, signal };
      const { perSecond, ...seen } = await loaders.turns(ports, job);
      const basis = `${perSecond.toFixed(0)} /s, ${troubledInFlight} in flight for ${troubledMs / 1000} s from the start of it`;
      lines.push(yardstickLine(`${kind} p99.9, ${what}`, seen, basis));
    }
    if (fault !== undefined) await devious.onCluster(["chaos", "heal"]);
  }
  return lines;
}

/** The same with a slow link, where netem is; in a guest with one processor the link is not all that is slow. */
async function slowLink() {
  const { place, why, found } = await runScene("slow-ring-link");
  if (place === "nowhere") return [missingLine("p99.9, 50 ms on the link between n1 and n5", why)];
  const where = place === "guest" ? ", in a guest of one processor" : "";
  const whats = { before: "all nodes up", during: "50 ms on the link between n1 and n5" };
  return Object.entries(whats).flatMap(([when, what]) =>
    kinds.map((kind) => {
      const { requests, inFlight, ...seen } = found[when][kind];
      return yardstickLine(`${kind} p99.9, ${what}${where}`, seen, `${requests} requests, ${inFlight} in flight`);
    }),
  );
}

function yardstickLine(what, { p50, p99, p999 }, basis) {
  const verdict = p999 <= askedP999Ms ? "within" : "OVER";
  return [what, `≤ ${askedP999Ms} ms`, ms(p999), verdict, `p50 ${ms(p50)}, p99 ${ms(p99)}; ${basis}`];
}

/** What a key costs a node that has a copy of it: three of five have. On disks that hold nothing to be merged, and in processes that have put some keys already. */
async function perKey(devious, loaders, signal) {
  await devious.down();
  await devious.up();
  const nodes = await ourNodes(devious, riakPort);
  const ports = nodes.map(({ port }) => port);
  const fill = (part, keys) => loaders.fillTurns(ports, { protocol: "riak", part, keys, inFlight: 64, valueBytes, signal });
  await fill("first", fewKeys);
  const before = await Promise.all(nodes.map(look));
  await fill("then", manyKeys);
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
