/** Five nodes of the leaderless store and clients of all of them, without trouble and with 50 ms on the link between two nodes. */
import { turnLoad } from "../../../../bench/turn-load.js";
import { riakPbPort } from "../../../../src/core/node-contract.js";
import { CommandLine } from "../command-line.js";
import { findNode } from "../engine-view.js";

const cluster = "slow-ring";
const nodes = ["n1", "n2", "n3", "n4", "n5"];
/** Few, so that what is measured is the store's patience and not the guest's one processor. */
const load = { protocol: "riak", inFlight: 5, valueBytes: 1024 } as const;
const durationMs = 12_000;

console.log(JSON.stringify(await CommandLine.withCluster(cluster, "nodes: 5\nstore: leaderless\n", story)));

async function story(devious: CommandLine) {
  const hosts = await Promise.all(nodes.map(async (node) => (await findNode(cluster, node)).host));
  const look = async () => ({ put: await measure(hosts, "put"), get: await measure(hosts, "get") });
  // the first requests find programs that are not warm yet
  await look();
  const before = await look();
  await devious.run("chaos", "delay", "n1", "--to", "n5", "--time", "50ms", "--for", "5m");
  const during = await look();
  await devious.run("chaos", "heal");
  return { before, during };
}

/** Milliseconds. Throws where a request fails. */
async function measure(hosts: readonly string[], kind: "put" | "get") {
  const ports = hosts.map((host) => ({ host, port: riakPbPort }));
  const { histogram } = await turnLoad({ ...load, ports, kind, durationMs, part: "slow" });
  const [p50, p99, p999] = [0.5, 0.99, 0.999].map((share) => histogram.percentile(share));
  return { requests: histogram.total, inFlight: load.inFlight, p50, p99, p999 };
}
