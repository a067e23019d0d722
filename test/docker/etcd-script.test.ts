// Shows that etcd's unmodified clients are told the same by three containers of the store as by three of the real etcd: what both have to say is recorded.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { etcdCluster, ourCluster, whyNoEtcd } from "../support/clients/clusters.js";
import type { Cluster } from "../support/clients/clusters.js";
import { chapters } from "../support/clients/etcdctl-script.js";
import { Terminal } from "../support/clients/etcdctl.js";

const etcdctl = await execa("etcdctl", ["version"], { env: { ETCDCTL_API: "3" }, reject: false });
const whyNoEtcdctl = etcdctl.exitCode === 0 ? "" : " (skipped: no etcdctl here, sudo apt-get install etcd-client)";

const clusters = [
  { name: "the real etcd", start: etcdCluster, whyNot: whyNoEtcd },
  { name: "our store", start: ourCluster, whyNot: "" },
];

for (const { name, start, whyNot } of clusters) {
  describe.skipIf(whyNot !== "")(`${name}${whyNot}`, () => {
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

    describe.skipIf(whyNoEtcdctl !== "")(`by etcdctl${whyNoEtcdctl}`, () => {
      let terminal: Terminal;
      beforeAll(() => {
        terminal = new Terminal(cluster.addresses, folder);
      });
      it.each(chapters.map((chapter) => [chapter.title, chapter] as const))("%s", async (title, chapter) => {
        const golden = `../golden/etcd/etcdctl-${title.replaceAll(" ", "-")}.txt`;
        await expect(await terminal.read(chapter)).toMatchFileSnapshot(golden);
      });
    });
  });
}
