/** How long nobody writes after the leader was killed: from the order to the first put that is acknowledged under another leader. */
import { setTimeout as sleep } from "node:timers/promises";
import { docker, publishedPort } from "../docker.js";
import { median } from "../figures.js";
import { isHealthy } from "../floor.js";
import { post } from "../json-gateway.js";
import { besideEtcd, leaderOf, timesEtcd } from "../pair.js";
import { ms } from "../report.js";

const rounds = 5;
const putEveryMs = 5;
const patienceMs = 30_000;
/** A member that has just come back is left to catch up. */
const restMs = 1000;

export function failover(world) {
  return besideEtcd(world, async (stores) => {
    const seen = stores.map(() => []);
    for (let round = 0; round < rounds; round++)
      for (const [at, store] of stores.entries()) seen[at].push(await once(store, world.signal));
    const [ours, theirs] = seen.map(median);
    return stores.map(({ name }, at) => [
      `leader killed to next put, ${name}`,
      "",
      ms(median(seen[at])),
      // less is better here
      at === 0 && theirs !== undefined ? timesEtcd(ours, theirs) : "",
      `${seen[at].map((one) => one.toFixed(0)).join(", ")} ms; election timeout 1000 ms, heartbeat 100 ms`,
    ]);
  });
}

async function once(store, signal) {
  await allHealthy(store, signal);
  await sleep(restMs, undefined, { signal });
  const leader = await leaderOf(store);
  const survivors = store.nodes.filter((node) => node !== leader);
  const { header } = await put(leader);
  const killedAt = performance.now();
  const killed = docker("POST", `/containers/${leader.container}/kill`);
  const tookMs = await nextPut(survivors, { killedAt, term: header.raft_term, signal });
  await killed;
  await docker("POST", `/containers/${leader.container}/start`);
  // the engine publishes at another port each time
  leader.port = await publishedPort(leader.container, 2379);
  return tookMs;
}

/** Puts go to all survivors all the time, since one that was sent too early may wait for longer than there is no leader. */
async function nextPut(survivors, { killedAt, term, signal }) {
  let acknowledgedAt;
  const answered = ({ header }) => {
    // until the order reaches it, the leader goes on
    if (header.raft_term !== term) acknowledgedAt ??= performance.now();
  };
  while (acknowledgedAt === undefined) {
    if (performance.now() - killedAt > patienceMs) throw new Error(`no put was acknowledged within ${patienceMs / 1000} s`);
    for (const survivor of survivors) put(survivor).then(answered, () => undefined);
    await sleep(putEveryMs, undefined, { signal });
  }
  return acknowledgedAt - killedAt;
}

function put({ port }) {
  return post(port, "/v3/kv/put", JSON.stringify({ key: "ZmFpbG92ZXI=", value: "eA==" }));
}

async function allHealthy({ name, nodes }, signal) {
  const giveUpAt = performance.now() + patienceMs;
  while (!(await Promise.all(nodes.map(({ port }) => isHealthy(port)))).every(Boolean)) {
    if (performance.now() > giveUpAt) throw new Error(`${name} is not healthy after ${patienceMs / 1000} s`);
    await sleep(100, undefined, { signal });
  }
}
