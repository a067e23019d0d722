// Shows what a ring of five nodes holds after the worst has happened to its replicas: two cut off from three while clients write to both sides, and a node that loses its disk; in the end all copies are equal byte by byte, and nothing that was acknowledged is missing.
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Load } from "../support/riak-load/load.js";
import { objectBytes, RingCluster } from "../support/riak-load/ring-cluster.js";

/** A minute is what is promised; a run of all tests has not that long. */
const cutMs = Number(process.env["DEVIOUS_CUT_SECONDS"] ?? 15) * 1000;
/** Written before a disk is lost. */
const objects = 1000;

let ring: RingCluster;
beforeAll(async () => {
  ring = await RingCluster.up();
});
afterAll(() => ring.destroy());

test(
  "after a cut with writes on both sides all replicas become equal, and hold all that was acknowledged",
  { timeout: cutMs + 240_000 },
  async () => {
    await ring.cli.json("chaos", "partition", "n1,n2 | n3,n4,n5", "--until-healed");
    const load = new Load({ addresses: ring.addresses, clients: 4, seed: 6 });
    await sleep(cutMs);
    expect((await ring.check("0s")).verdict).toBe("different");
    await load.stop();
    await ring.cli.json("chaos", "heal");
    expect(await ring.check()).toMatchObject({ verdict: "equal", different: [], waiting: [] });
    expect(await load.faults()).toEqual([]);
    expect(Math.min(...load.acknowledged)).toBeGreaterThan(20);
  },
);

test("a node that has lost its disk gets everything back by anti-entropy alone, for little more bytes than it lacks", async () => {
  await ring.fill(objects);
  // so that nothing is on its way, and no hint waits for the node: from here on nobody reads or writes
  expect((await ring.check()).verdict).toBe("equal");
  const before = await ring.stores();
  const { keys = 0 } = before.get("n2") ?? {};
  const lackedBytes = await (await ring.metric("n2", "devious_log_live_bytes"))();
  expect(lackedBytes).toBeGreaterThan((objects / 2) * objectBytes);

  await ring.cli.json("chaos", "wipe", "n2");
  await ring.cli.up();
  expect(await ring.check()).toMatchObject({ verdict: "equal", different: [], waiting: [] });
  const after = await ring.stores();
  const spent = (of: "bytes" | "keysRepaired"): number =>
    [...after].reduce((sum, [node, { exchanged }]) => {
      const earlier = node === "n2" ? 0 : (before.get(node)?.exchanged?.[of] ?? 0);
      return sum + (exchanged?.[of] ?? 0) - earlier;
    }, 0);
  expect(after.get("n2")?.keys).toBe(keys);
  expect(await ring.filled()).toBe(objects);
  expect(spent("keysRepaired")).toBeGreaterThanOrEqual(keys);
  expect(spent("bytes")).toBeLessThan(3 * lackedBytes);
});
