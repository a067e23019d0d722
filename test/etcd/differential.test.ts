// Shows that our store answers what etcd answers: the same few thousand operations through the JSON gateway and over gRPC, in turn through each of our members.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { testCluster, until } from "../store/cluster.js";
import type { TestCluster } from "../store/cluster.js";
import { authDifferential, differential, explain } from "./differential.js";
import type { Pair } from "./differential.js";
import { httpEndpoint } from "./endpoints.js";
import type { HttpEndpoint } from "./endpoints.js";
import { everything } from "./generate.js";
import type { Abilities } from "./generate.js";
import { grpcEndpoint } from "./grpc-endpoint.js";
import { startEtcd, whyNoEtcd } from "./local-etcd.js";
import type { LocalEtcd } from "./local-etcd.js";

const operationsASeed = 150;
const overJson = Array.from({ length: 10 }, (_, at) => at + 1);
const withUsers = Array.from({ length: 10 }, (_, at) => at + 201);
const overGrpc = Array.from({ length: 10 }, (_, at) => at + 101);

interface TestMember {
  readonly json: HttpEndpoint;
  readonly grpc: HttpEndpoint;
}

/** What our store answers so far; what is false here is refused by it, or answered otherwise. */
const answeredByUs: Abilities = everything;

describe.skipIf(whyNoEtcd !== "")(`our store beside etcd${whyNoEtcd}`, { timeout: 240_000 }, () => {
  let etcd: LocalEtcd;
  let cluster: TestCluster;
  let reference: HttpEndpoint;
  let members: TestMember[] = [];

  beforeAll(async () => {
    [etcd, cluster] = await Promise.all([startEtcd(), testCluster(3)]);
    await Promise.all(cluster.members.map(({ id }) => cluster.start(id)));
    await until(
      () => cluster.get(1, "/health"),
      ({ status }) => status === 200,
    );
    reference = httpEndpoint("etcd", { socketPath: etcd.socketPath });
    members = await Promise.all(
      [...cluster.nodes].map(async ([id, { clientPort }]) => ({
        json: httpEndpoint(`our member ${id}`, { port: clientPort }),
        grpc: await grpcEndpoint(`our member ${id}`, clientPort),
      })),
    );
  });
  afterAll(async () => {
    for (const { close } of [reference, ...members.flatMap(({ json, grpc }) => [json, grpc])]) close();
    await Promise.all([etcd.stop(), cluster.destroy()]);
  });

  const memberOf = (seed: number): TestMember => members[seed % members.length] as TestMember;

  async function check(seed: number, way: keyof TestMember): Promise<void> {
    const pair: Pair = [reference, memberOf(seed)[way]];
    const difference = await differential(pair, { seed, count: operationsASeed, abilities: answeredByUs });
    expect(difference === undefined ? "alike" : explain(pair, seed, difference)).toBe("alike");
  }

  it.each(overJson)("seed %i, over JSON", (seed) => check(seed, "json"));
  it.each(overGrpc)("seed %i, over gRPC", (seed) => check(seed, "grpc"));

  it.each(withUsers)("seed %i, with users and roles", async (seed) => {
    const pair: Pair = [reference, memberOf(seed)[seed % 2 === 0 ? "json" : "grpc"]];
    const difference = await authDifferential(pair, { seed, count: operationsASeed });
    expect(difference === undefined ? "alike" : explain(pair, seed, difference)).toBe("alike");
  });
});
