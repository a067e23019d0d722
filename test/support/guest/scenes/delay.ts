/** A cluster of three, its links measured from inside the nodes' own network namespaces, while faults come and go by the CLI. */
import { peerPort as port } from "../../../../src/core/node-contract.js";
import { CommandLine } from "../command-line.js";
import { countLabelled, findNode, hasNetemRule, restart } from "../engine-view.js";
import { median, roundTripsMs } from "../round-trips.js";
import { until } from "../until.js";

const cluster = "delayed";

console.log(JSON.stringify(await CommandLine.withCluster(cluster, "nodes: 3\n", story)));

async function story(devious: CommandLine) {
  const before = await look();

  await devious.run("chaos", "delay", "n2", "--time", "100ms", "--for", "3m");
  const delayed = await look();
  await restart((await findNode(cluster, "n2")).id);
  await until("the restarted node is slow again", async () => hasNetemRule((await findNode(cluster, "n2")).pid));
  await until("the restarted node listens", async () => Number.isFinite(await fromHere((await findNode(cluster, "n2")).host)));
  const restarted = await look();
  await devious.run("chaos", "heal");
  const healed = { look: await look(), netem: await hasNetemRule((await findNode(cluster, "n2")).pid) };

  const orphaned = await killTheCommand(devious);

  await devious.run("chaos", "partition", "n1 | n2,n3", "--for", "3m");
  const partitioned = await look();
  await devious.run("chaos", "heal");
  const joined = await look();

  await devious.down();
  return { before, delayed, restarted, healed, orphaned, partitioned, joined, left: await countLabelled(cluster) };
}

/** SIGKILL for the CLI as soon as the delay is in force: how long the delay then stays, in ms. */
async function killTheCommand(devious: CommandLine): Promise<{ readonly cleanAfterMs: number }> {
  const { pid } = await findNode(cluster, "n2");
  const command = devious.start("chaos", "delay", "n2", "--time", "100ms", "--for", "5s");
  await until("the delay is in force", () => hasNetemRule(pid));
  const inForceAt = performance.now();
  command.kill("SIGKILL");
  await until("the delay has ended", async () => !(await hasNetemRule(pid)));
  return { cleanAfterMs: performance.now() - inForceAt };
}

/** Median round trips in ms between nodes, and from this machine to n2; Infinity (null in JSON) where nothing comes back. */
async function look() {
  const [n1, n2, n3] = [await findNode(cluster, "n1"), await findNode(cluster, "n2"), await findNode(cluster, "n3")];
  return {
    n1n2: await measure(n1.pid, n2.host),
    n2n3: await measure(n2.pid, n3.host),
    n1n3: await measure(n1.pid, n3.host),
    hostN2: await fromHere(n2.host),
  };
}

function fromHere(host: string): Promise<number> {
  return measure(process.pid, host);
}

async function measure(pid: number, host: string): Promise<number> {
  return median(await roundTripsMs(pid, { host, port }, { count: 5, limitMs: 600 }));
}
