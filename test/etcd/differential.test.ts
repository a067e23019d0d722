// Shows that our store answers what etcd answers: the same few thousand operations through the JSON gateways of both, in turn through each of our members.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { testCluster, until } from "../store/cluster.js";
import type { TestCluster } from "../store/cluster.js";
import { differential, explain } from "./differential.js";
import type { Pair } from "./differential.js";
import { httpEndpoint } from "./endpoints.js";
import type { HttpEndpoint } from "./endpoints.js";
import type { Abilities } from "./generate.js";
import { startEtcd, whyNoEtcd } from "./local-etcd.js";
import type { LocalEtcd } from "./local-etcd.js";

const seeds = Array.from({ length: 20 }, (_, at) => at + 1);
const operationsASeed = 150;

/** What our store answers so far; what is false here is refused by it, or answered otherwise. */
const answeredByUs: Abilities = {
  history: false,
  sorting: false,
  txn: false,
  leases: false,
  ignoring: false,
  serializable: false,
  refusals: false,
  unknownFields: false,
};

describe.skipIf(whyNoEtcd !== "")(`our store beside etcd${whyNoEtcd}`, { timeout: 60_000 }, () => {
  let etcd: LocalEtcd;
  let cluster: TestCluster;
  let reference: HttpEndpoint;
  let ours: HttpEndpoint[] = [];

  beforeAll(async () => {
    [etcd, cluster] = await Promise.all([startEtcd(), testCluster(3)]);
    await Promise.all(cluster.members.map(({ id }) => cluster.start(id)));
    await until(
      () => cluster.get(1, "/health"),
      ({ status }) => status === 200,
    );
    reference = httpEndpoint("etcd", { socketPath: etcd.socketPath });
    ours = [...cluster.nodes].map(([id, { clientPort }]) => httpEndpoint(`our member ${id}`, { port: clientPort }));
  });
  afterAll(async () => {
    for (const { close } of [reference, ...ours]) close();
    await Promise.all([etcd.stop(), cluster.destroy()]);
  });

  it.each(seeds)("seed %i", async (seed) => {
    const pair: Pair = [reference, ours[seed % ours.length] as HttpEndpoint];
    const difference = await differential(pair, { seed, count: operationsASeed, abilities: answeredByUs });
    expect(difference === undefined ? "alike" : explain(pair, seed, difference)).toBe("alike");
  });
});
