// Shows that the comparison with etcd can be trusted: two real etcds agree under its masks, and an etcd that tells one lie is found out by a short case.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { authDifferential, differential, explain } from "./differential.js";
import type { Difference, Pair } from "./differential.js";
import { httpEndpoint } from "./endpoints.js";
import { grpcEndpoint } from "./grpc-endpoint.js";
import { everything } from "./generate.js";
import { liar, lies } from "./liar.js";
import { startEtcd, whyNoEtcd } from "./local-etcd.js";
import type { LocalEtcd } from "./local-etcd.js";

const seeds = [1, 2, 3, 4];
const operationsASeed = 150;
/** What a case may have left when nothing more can be taken away: a few writes, and a range that is lied about. */
const shortCase = 5;

describe.skipIf(whyNoEtcd !== "")(`etcd beside etcd${whyNoEtcd}`, { timeout: 60_000 }, () => {
  let running: LocalEtcd[] = [];
  let pair: Pair;
  const close: (() => void)[] = [];

  beforeAll(async () => {
    running = await Promise.all([startEtcd(), startEtcd()]);
    const [one, other] = running.map(({ socketPath }, at) => httpEndpoint(`etcd ${at + 1}`, { socketPath }));
    if (one === undefined || other === undefined) throw new Error("two were started");
    close.push(one.close, other.close);
    pair = [one, other];
  });
  afterAll(async () => {
    for (const end of close) end();
    await Promise.all(running.map(({ stop }) => stop()));
  });

  it.each(seeds)("seed %i: two etcds answer alike", async (seed) => {
    const difference = await differential(pair, { seed, count: operationsASeed, abilities: everything });
    expect(difference === undefined ? "alike" : explain(pair, seed, difference)).toBe("alike");
  });

  it.each(seeds)("seed %i: two etcds answer alike, with users and roles", async (seed) => {
    const difference = await authDifferential(pair, { seed, count: operationsASeed });
    expect(difference === undefined ? "alike" : explain(pair, seed, difference)).toBe("alike");
  });

  it.each(seeds)("seed %i: etcd over gRPC, through our codec, answers as its own gateway", async (seed) => {
    const overGrpc = await grpcEndpoint("etcd 2", running[1]?.port ?? 0);
    const beside: Pair = [pair[0], overGrpc];
    const difference = await differential(beside, { seed: 1000 + seed, count: operationsASeed, abilities: everything });
    overGrpc.close();
    expect(difference === undefined ? "alike" : explain(beside, seed, difference)).toBe("alike");
  });

  it.each(Object.entries(lies))("an etcd that %s is found out", async (_, lie) => {
    const lied: Pair = [pair[0], liar(pair[1], lie)];
    let difference: Difference | undefined;
    for (const seed of seeds) {
      difference ??= await differential(lied, { seed, count: operationsASeed, abilities: everything });
    }
    expect(difference?.operations.at(-1)?.path).toBe("/v3/kv/range");
    expect(difference?.operations.length).toBeLessThanOrEqual(shortCase);
  });
});
