/** Puts and gets on three nodes of our store beside three of Debian's etcd: the same client, the same kind of containers, in turn. */
import { median } from "../figures.js";
import { startLoaders } from "../load.js";
import { besideEtcd, leaderOf, timesEtcd } from "../pair.js";
import { ms } from "../report.js";

const kinds = ["put", "get", "serializable get"];
export const inFlights = [1, 16, 64, 256];
const rounds = 5;
const durationMs = 1500;
const warmUpMs = 2000;
const watchers = 100;
const putsBesideWatchers = 64;

export function requests(world) {
  const { signal, inFlight: only } = world;
  return besideEtcd(world, async (clusters) => {
    const loaders = startLoaders(signal);
    try {
      const stores = await Promise.all(clusters.map(async (store) => ({ name: store.name, port: (await leaderOf(store)).port })));
      for (const { port } of stores) await loaders.load(port, { kind: "put", inFlight: 16, durationMs: warmUpMs, signal });
      const lines = [];
      for (const kind of kinds)
        for (const inFlight of only === undefined ? inFlights : [only])
          lines.push(...(await atOnce(loaders, { kind, inFlight, stores, signal })));
      if (only === undefined) lines.push(...(await watched(loaders, stores, signal)));
      return lines;
    } finally {
      loaders.close();
    }
  });
}

async function atOnce(loaders, { kind, inFlight, stores, signal }) {
  const seen = await inRounds(stores, (port) => loaders.load(port, { kind, inFlight, durationMs, signal }));
  const [ours, theirs] = seen.map((one) => one.of("perSecond"));
  return seen.map(({ name, of }, at) => [
    `${kind}, ${inFlight} in flight, ${name}`,
    "",
    `${of("perSecond").toFixed(0)} /s`,
    at === 0 ? timesEtcd(ours, theirs) : "",
    `p50 ${ms(of("p50"))}, p99 ${ms(of("p99"))}, ${rounds} × ${durationMs / 1000} s`,
  ]);
}

/** Events a second to many watchers of all keys, while puts go on as fast as they are answered. */
async function watched(loaders, stores, signal) {
  const job = { watchers, inFlight: putsBesideWatchers, durationMs, signal };
  const seen = await inRounds(stores, (port) => loaders.watchedPuts(port, job));
  const [ours, theirs] = seen.map((one) => one.of("eventsPerSecond"));
  return seen.map(({ name, of }, at) => [
    `events to ${watchers} watchers, ${name}`,
    "",
    `${of("eventsPerSecond").toFixed(0)} /s`,
    at === 0 ? timesEtcd(ours, theirs) : "",
    `${of("perSecond").toFixed(0)} puts/s beside, ${rounds} × ${durationMs / 1000} s`,
  ]);
}

/** Round after round, store after store; `of` gives the median of a figure over the rounds. */
async function inRounds(stores, once) {
  const seen = stores.map(() => []);
  for (let round = 0; round < rounds; round++) for (const [at, { port }] of stores.entries()) seen[at].push(await once(port));
  return stores.map(({ name }, at) => ({ name, of: (figure) => median(seen[at].map((one) => one[figure])) }));
}
