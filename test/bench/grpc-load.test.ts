// Shows that a load does and counts what it says, on a real etcd: as many revisions as puts, as many events as puts and watchers, and a refusal in the server's words.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { unaryLoad, watchLoad } from "../../bench/grpc-load.js";
import { startEtcd, whyNoEtcd } from "../etcd/local-etcd.js";
import type { LocalEtcd } from "../etcd/local-etcd.js";
import { httpEndpoint } from "../etcd/endpoints.js";
import type { HttpEndpoint } from "../etcd/endpoints.js";
import { until } from "../store/cluster.js";

describe.skipIf(whyNoEtcd !== "")(`a load on etcd${whyNoEtcd}`, { timeout: 60_000 }, () => {
  let etcd: LocalEtcd;
  let gateway: HttpEndpoint;
  beforeAll(async () => {
    etcd = await startEtcd();
    gateway = httpEndpoint("etcd", { socketPath: etcd.socketPath });
  });
  afterAll(async () => {
    gateway.close();
    await etcd.stop();
  });

  async function revision(): Promise<number> {
    const { body } = await gateway.post("/v3/kv/range", JSON.stringify({ key: "YQ==" }));
    return Number((body as { header: { revision: string } }).header.revision);
  }

  it("makes one revision a put, and every watcher hears of each", async () => {
    const before = await revision();
    const watchers = await watchLoad(etcd.port, 3);
    const { histogram } = await unaryLoad({ port: etcd.port, kind: "put", inFlight: 40, durationMs: 300 });
    expect(histogram.total).toBeGreaterThanOrEqual(40);
    expect((await revision()) - before).toBe(histogram.total);
    expect(await until(watchers.events, (events) => events >= 3 * histogram.total)).toBe(3 * histogram.total);
    watchers.close();
  });

  it.each(["get", "serializable get"] as const)("counts what a %s took, and changes nothing", async (kind) => {
    const before = await revision();
    const { histogram, tookMs } = await unaryLoad({ port: etcd.port, kind, inFlight: 20, durationMs: 200 });
    expect(histogram.total).toBeGreaterThanOrEqual(20);
    expect(histogram.percentile(1)).toBeLessThanOrEqual(tookMs * 1.02);
    expect(await revision()).toBe(before);
  });

  it("ends with the server's own words where it refuses", async () => {
    await gateway.post("/v3/auth/user/add", JSON.stringify({ name: "root", password: "p" }));
    await gateway.post("/v3/auth/user/grant", JSON.stringify({ user: "root", role: "root" }));
    await gateway.post("/v3/auth/enable", "{}");
    const load = unaryLoad({ port: etcd.port, kind: "put", inFlight: 2, durationMs: 200 });
    await expect(load).rejects.toThrow("status 3 etcdserver: user name is empty");
  });
});
