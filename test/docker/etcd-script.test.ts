// Shows that etcd's unmodified clients are told the same by three containers of the store as by three of the real etcd: what both have to say is recorded.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { explain, lastingDifference } from "../etcd/differential.js";
import type { Pair } from "../etcd/differential.js";
import { httpEndpoint } from "../etcd/endpoints.js";
import type { HttpEndpoint } from "../etcd/endpoints.js";
import { everything } from "../etcd/generate.js";
import { grpcEndpoint } from "../etcd/grpc-endpoint.js";
import { inTurn } from "../etcd/in-turn.js";
import { etcdCluster, ourCluster, whyNoEtcd } from "../support/clients/clusters.js";
import type { Cluster } from "../support/clients/clusters.js";
import { documented } from "../support/clients/etcd3-documented.js";
import { scenes } from "../support/clients/etcd3-scenes.js";
import { Story } from "../support/clients/etcd3-story.js";
import { chapters } from "../support/clients/etcdctl-script.js";
import { Terminal } from "../support/clients/etcdctl.js";

const etcdctl = await execa("etcdctl", ["version"], { env: { ETCDCTL_API: "3" }, reject: false });
const whyNoEtcdctl = etcdctl.exitCode === 0 ? "" : " (skipped: no etcdctl here, sudo apt-get install etcd-client)";

const clusters = [
  { name: "the real etcd", start: etcdCluster, whyNot: whyNoEtcd },
  { name: "our store", start: ourCluster, whyNot: "" },
];

describe.each(clusters)("$name$whyNot", ({ start, whyNot }) => {
  describe.skipIf(whyNot !== "")("is told by", () => {
    let cluster: Cluster;
    let folder: string;
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), "devious-script-"));
      cluster = await start();
    });
    afterAll(async () => {
      await cluster.destroy();
      rmSync(folder, { recursive: true });
    });

    describe.skipIf(whyNoEtcdctl !== "")(`etcdctl${whyNoEtcdctl}`, () => {
      let terminal: Terminal;
      beforeAll(() => {
        terminal = new Terminal(cluster.addresses, folder);
      });
      it.each(chapters.map((chapter) => [chapter.title, chapter] as const))("%s", async (title, chapter) => {
        const golden = `../golden/etcd/etcdctl-${title.replaceAll(" ", "-")}.txt`;
        await expect(await terminal.read(chapter)).toMatchFileSnapshot(golden);
      });
    });

    it.each([
      ["npm etcd3", "etcd3-scenes", scenes],
      ["the examples in npm etcd3's documents", "etcd3-documented", documented],
    ] as const)("%s", async (_, file, played) => {
      const story = await Story.begin(cluster.addresses);
      try {
        for (const scene of played) await story.play(scene);
        await expect(story.text).toMatchFileSnapshot(`../golden/etcd/${file}.txt`);
      } finally {
        story.close();
      }
    });
  });
});

const operationsASeed = 150;
const seeds = Array.from({ length: 12 }, (_, at) => at + 301);

describe.skipIf(whyNoEtcd !== "")(`generated operations, in turn by each of three members${whyNoEtcd}`, () => {
  let running: readonly Cluster[] = [];
  const endpoints: HttpEndpoint[] = [];
  let overJson: Pair;
  let overGrpc: Pair;
  beforeAll(async () => {
    const [etcd, ours] = await Promise.all([etcdCluster(), ourCluster()]);
    running = [etcd, ours];
    const ports = ({ addresses }: Cluster): readonly number[] => addresses.map((address) => Number(address.split(":")[1]));
    const json = (name: string, cluster: Cluster) =>
      ports(cluster).map((port, at) => httpEndpoint(`${name} ${at + 1}`, { port }));
    const [theirJson, ourJson] = [json("etcd", etcd), json("our member", ours)];
    const ourGrpc = await Promise.all(ports(ours).map((port, at) => grpcEndpoint(`our member ${at + 1}`, port)));
    endpoints.push(...theirJson, ...ourJson, ...ourGrpc);
    const reference = inTurn("etcd", theirJson);
    overJson = [reference, inTurn("our cluster", ourJson)];
    overGrpc = [reference, inTurn("our cluster over gRPC", ourGrpc)];
  });
  afterAll(async () => {
    for (const { close } of endpoints) close();
    await Promise.all(running.map(({ destroy }) => destroy()));
  });

  it.each(seeds)("seed %i", async (seed) => {
    const pair = seed % 2 === 0 ? overJson : overGrpc;
    const difference = await lastingDifference(pair, {
      seed,
      count: operationsASeed,
      abilities: { ...everything, historyInTxn: false, administration: false },
    });
    expect(difference === undefined ? "alike" : explain(pair, seed, difference)).toBe("alike");
  });
});
