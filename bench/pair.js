/** Three nodes of our store beside three of Debian's etcd, both in containers: what the lines about the store compare. */
import { findProgram } from "../scripts/setup/run.js";
import { publishedPort } from "./docker.js";
import { etcdVersion, removeEtcd, startEtcd } from "./etcd.js";
import { post } from "./json-gateway.js";
import { missingLine } from "./report.js";

/**
 * @typedef {{name: string, nodes: {container: string, port: number}[]}} Store
 * @param {(stores: Store[]) => Promise<string[][]>} measure ours comes first; etcd is left out where it is not installed
 * @returns {Promise<string[][]>} the lines that were measured
 */
export async function besideEtcd({ devious, signal }, measure) {
  const binary = findProgram("etcd");
  try {
    await devious.up();
    const stores = [{ name: "devious raft", nodes: await ourNodes(devious) }];
    if (binary !== undefined) stores.push({ name: `etcd ${await etcdVersion(binary)}`, nodes: await startEtcd(binary, signal) });
    const lines = await measure(stores);
    if (binary === undefined) lines.push(missingLine("the same on etcd", "no etcd here: sudo apt-get install etcd-server"));
    return lines;
  } finally {
    await removeEtcd();
    await devious.down();
  }
}

/** Three nodes of ours alone. */
export async function ourCluster(devious, measure) {
  try {
    await devious.up();
    return await measure({ name: "devious raft", nodes: await ourNodes(devious) });
  } finally {
    await devious.down();
  }
}

/** The node that leads, by its own account. */
export async function leaderOf({ nodes }) {
  const views = await Promise.all(nodes.map(({ port }) => post(port, "/v3/maintenance/status", "{}")));
  return nodes[views.findIndex(({ header, leader }) => header.member_id === leader)];
}

/** How one figure compares with etcd's, where there is one; more is better. */
export function timesEtcd(ours, theirs) {
  return theirs === undefined ? "" : `${(ours / theirs).toFixed(2)} × etcd`;
}

/** Containers of a cluster's nodes, each with where its port is published. */
export async function ourNodes(devious, port = 2379) {
  const { nodes } = await devious.status();
  return Promise.all(
    nodes.map(async ({ node }) => {
      const container = `devious.${devious.name}.${node}`;
      return { node, container, port: await publishedPort(container, port) };
    }),
  );
}
