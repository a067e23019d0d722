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

async function ourLeader(devious) {
  const { nodes } = await devious.status();
  const leader = nodes.find(({ store }) => store.role === "leader").node;
  return publishedPort(`devious.${cluster}.${leader}`, 2379);
}
