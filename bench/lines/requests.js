/** Puts and gets on three nodes of our store beside three of Debian's etcd: the same client, the same kind of containers, in turn. */
import { findProgram } from "../../scripts/setup/run.js";
import { cluster } from "../devious.js";
import { publishedPort } from "../docker.js";
import { etcdVersion, removeEtcd, startEtcd } from "../etcd.js";
import { median } from "../figures.js";
import { startLoaders } from "../load.js";
import { missingLine, ms } from "../report.js";

const kinds = ["put", "get", "serializable get"];
const inFlights = [1, 16, 64, 256];
const rounds = 3;
const durationMs = 1500;
const warmUpMs = 2000;
const watchers = 100;
const putsBesideWatchers = 64;
/** gRPC's code 12, as the client for load tells it. */
const unimplemented = /: status 12 /;

export async function requests({ devious, signal }) {
  const binary = findProgram("etcd");
  const loaders = startLoaders(signal);
  try {
    await devious.up();
    const stores = [{ name: "devious raft", port: await ourLeader(devious) }];
    if (binary !== undefined) stores.push({ name: `etcd ${await etcdVersion(binary)}`, port: await startEtcd(binary, signal) });
    for (const { port } of stores) await loaders.load(port, { kind: "put", inFlight: 16, durationMs: warmUpMs, signal });
    const lines = [];
    for (const kind of kinds)
      for (const inFlight of inFlights) lines.push(...(await atOnce(loaders, { kind, inFlight, stores, signal })));
    lines.push(...(await watched(loaders, stores, signal)));
    if (binary === undefined) lines.push(missingLine("requests on etcd", "no etcd here: sudo apt-get install etcd-server"));
    return lines;
  } finally {
    loaders.close();
    await removeEtcd();
    await devious.down();
  }
}

async function atOnce(loaders, { kind, inFlight, stores, signal }) {
  const seen = new Map(stores.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++)
    for (const { name, port } of stores) seen.get(name).push(await loaders.load(port, { kind, inFlight, durationMs, signal }));
  const perSecond = (name) => median(seen.get(name).map((one) => one.perSecond));
  const reference = stores[1]?.name;
  return stores.map(({ name }) => {
    const of = (figure) => median(seen.get(name).map((one) => one[figure]));
    const share =
      reference === undefined || name === reference ? "" : `${(perSecond(name) / perSecond(reference)).toFixed(2)} × etcd`;
    const latency = `p50 ${ms(of("p50"))}, p99 ${ms(of("p99"))}, ${rounds} × ${durationMs / 1000} s`;
    return [`${kind}, ${inFlight} in flight, ${name}`, "", `${perSecond(name).toFixed(0)} /s`, share, latency];
  });
}

/** Events a second to many watchers of all keys, while puts go on as fast as they are answered. */
async function watched(loaders, stores, signal) {
  const seen = new Map(stores.map(({ name }) => [name, []]));
  const job = { watchers, inFlight: putsBesideWatchers, durationMs, signal };
  try {
    for (let round = 0; round < rounds; round++)
      for (const { name, port } of stores) seen.get(name).push(await loaders.watchedPuts(port, job));
  } catch (error) {
    if (!unimplemented.test(error.message)) throw error;
    return [missingLine(`events to ${watchers} watchers`, error.message)];
  }
  return stores.map(({ name }) => {
    const of = (figure) => median(seen.get(name).map((one) => one[figure]));
    const events = of("eventsPerSecond");
    const reference = stores[1]?.name;
    const theirs = reference === undefined ? Number.NaN : median(seen.get(reference).map((one) => one.eventsPerSecond));
    const share = reference === undefined || name === reference ? "" : `${(events / theirs).toFixed(2)} × etcd`;
    const basis = `${of("perSecond").toFixed(0)} puts/s beside, ${rounds} × ${durationMs / 1000} s`;
    return [`events to ${watchers} watchers, ${name}`, "", `${events.toFixed(0)} /s`, share, basis];
  });
}

async function ourLeader(devious) {
  const { nodes } = await devious.status();
  const leader = nodes.find(({ store }) => store.role === "leader").node;
  return publishedPort(`devious.${cluster}.${leader}`, 2379);
}
