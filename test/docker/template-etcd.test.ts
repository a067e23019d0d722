// Shows the etcd template with etcd itself: its leader is found, isolated and succeeded, in `status` and in the merged log; healed, all have the same data.
import { afterAll, beforeAll, expect, test } from "vitest";
import { TemplateCluster } from "../support/template-cluster.js";

let etcd: TemplateCluster;
beforeAll(async () => {
  const packages = ["etcd-server", "etcd-client"];
  etcd = await TemplateCluster.create("etcd", "ETCD_IMAGE", { name: "etcd", packages });
});
afterAll(() => etcd.destroy());

test("up boots three nodes of etcd and finds their leader", async () => {
  await etcd.cluster.up();
  expect(await etcd.leaders()).toHaveLength(1);
  expect(await etcd.exec("etcd-1", "etcdctl", "put", "greeting", "hello")).toBe("OK");
  expect((await etcd.cluster.up()).steps).toEqual([]);
});

test("a leader that is isolated is succeeded; healed, it follows, and hashkv is the same everywhere", async () => {
  const [former = ""] = await etcd.leaders();
  await etcd.chaos("isolate", "leader", "--for", "1m");
  const successor = await etcd.successorOf(former, 20_000);
  await etcd.exec(successor, "etcdctl", "put", "greeting", "good day");
  const said = await etcd.saidSinceFault();
  expect(said[0]).toMatch(`chaos partition ${former} | `);
  expect(said).toContainEqual(expect.stringMatching(new RegExp(`^${successor} .* became leader at term \\d+$`)));

  await etcd.chaos("heal");
  await etcd.settled(successor, 30_000);
  const hashes = await etcd.exec(former, "etcdctl", "endpoint", "hashkv", "--cluster", "-w", "json");
  const known = (JSON.parse(hashes) as readonly { readonly HashKV: { readonly hash: number } }[]).map(
    ({ HashKV }) => HashKV.hash,
  );
  expect(known).toHaveLength(3);
  expect(new Set(known).size).toBe(1);
  expect(await etcd.exec(former, "etcdctl", "get", "greeting", "--print-value-only")).toBe("good day");
});

test("smoke finds nothing wrong with it, under its own scenario as well", async () => {
  expect(await etcd.smokeTroubles()).toEqual([]);
});
