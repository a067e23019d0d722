/**
 * The floor of `up` of the user's images: the same containers as `up` made, asked for with bare API calls from a process that runs already. Nothing
 * waits that need not: all are created side by side, each starts as soon as it is there and all of the services before it are ready.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { createNetwork, docker, publishedPort, remove } from "./docker.js";
import { answers } from "./floor.js";
import { timed } from "./figures.js";

const pollMs = 5;
const patienceMs = 30_000;

/**
 * Milliseconds from nothing to every node being ready; what was made is removed again, untimed.
 * @param {{network: object, containers: object[]}} recipe as `recipeOf` reads it off a cluster
 * @param {{tiers: number[][], ready: Ready}} order places of containers that start together, each tier once the one before is ready
 * @typedef {{port: number, path: string}} Ready
 */
export async function imageFloor({ network, containers }, { tiers, ready }) {
  try {
    return await timed(async () => {
      await createNetwork(network.name, network.labels);
      let before = Promise.resolve([]);
      for (const tier of tiers) {
        const mine = tier.map((at) => boot(containers[at], before, ready));
        before = Promise.all(mine);
      }
      await before;
    });
  } finally {
    await remove({ containers: containers.map(({ name }) => name), networks: [network.name] });
  }
}

async function boot({ name, options }, before, ready) {
  const { Id } = await docker("POST", `/containers/create?name=${name}`, { body: options });
  await before;
  await docker("POST", `/containers/${Id}/start`);
  await isReady(Id, ready);
}

/** Asks a container, again and again, until it says 200. */
export async function isReady(container, { port, path }) {
  const published = await publishedPort(container, port);
  const giveUpAt = performance.now() + patienceMs;
  while (!(await answers(published, path))) {
    if (performance.now() > giveUpAt) throw new Error(`${container} is not ready after ${patienceMs / 1000} s`);
    await sleep(pollMs);
  }
}
