/** What a node takes in memory that does nothing, fresh and after it has been given as many keys as the other. */
import { setTimeout as sleep } from "node:timers/promises";
import { median } from "../figures.js";
import { startLoaders } from "../load.js";
import { besideEtcd, leaderOf, timesEtcd } from "../pair.js";
import { megabytes, missingLine } from "../report.js";
import { resident } from "../resident.js";

const restMs = 10_000;
const keys = 100_000;
const inFlight = 64;

export function memory(world) {
  const { signal } = world;
  return besideEtcd(world, async (stores) => {
    const loaders = startLoaders(signal);
    try {
      const lines = await idle(stores, "fresh", signal);
      for (const store of stores) await loaders.fill((await leaderOf(store)).port, { keys, puts: keys, inFlight, signal });
      return [...lines, ...(await idle(stores, `with ${keys} keys of 256 bytes`, signal))];
    } finally {
      loaders.close();
    }
  });
}

async function idle(stores, what, signal) {
  await sleep(restMs, undefined, { signal });
  const seen = await Promise.all(stores.map(({ nodes }) => Promise.all(nodes.map(resident))));
  if (seen.flat().includes(undefined))
    return [missingLine(`memory, ${what}`, "the processes of the containers are not to be seen from here")];
  const of = (at, figure) => median(seen[at].map((one) => one[figure]));
  return stores.map(({ name }, at) => [
    `memory, ${what}, ${name}`,
    at === 0 ? "≤ 1.5 ×" : "",
    megabytes(of(at, "VmRSS")),
    at === 0 ? timesEtcd(of(0, "VmRSS"), stores.length > 1 ? of(1, "VmRSS") : undefined) : "",
    `resident, idle for ${restMs / 1000} s, median of 3 nodes; ${megabytes(of(at, "RssAnon"))} of its own, ${megabytes(of(at, "RssFile"))} of files, which nodes share`,
  ]);
}
