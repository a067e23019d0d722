/** The two clusters of three containers that the same clients are tried on: ours, and the etcd that Debian packages. */
import { execa } from "execa";
import { removeEtcd, startEtcd } from "../../../bench/etcd.js";
import { docker, TestCluster } from "../cli.js";

export interface Cluster {
  /** Of the members' client ports, `127.0.0.1:49153`. */
  readonly addresses: readonly string[];
  /** Takes everything down again. */
  readonly destroy: () => Promise<void>;
}

export async function ourCluster(): Promise<Cluster> {
  const cluster = await TestCluster.create();
  await cluster.up();
  const { nodes } = await cluster.status();
  return { addresses: nodes.map(({ address }) => address ?? ""), destroy: () => cluster.destroy() };
}

const { stdout: etcdBinary, failed } = await execa("which", ["etcd"], { reject: false });
/** Why etcd cannot be tried, as the end of a title; empty where it is there. */
export const whyNoEtcd = failed ? " (skipped: no etcd here, sudo apt-get install etcd-server)" : "";

export async function etcdCluster(): Promise<Cluster> {
  const prefix = `devious-test.etcd.${process.pid}`;
  const destroy = async (): Promise<void> => {
    await removeEtcd(prefix);
    if ((await docker("ps", "-aq", "--filter", `name=^/${prefix}`)) !== "")
      throw new Error(`containers ${prefix} are still there`);
  };
  try {
    const nodes = await startEtcd(etcdBinary, undefined, prefix);
    return { addresses: nodes.map(({ port }) => `127.0.0.1:${port}`), destroy };
  } catch (error) {
    await destroy();
    throw error;
  }
}
