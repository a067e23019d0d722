/** The template `three-of-each` as it is, nine containers in two zones; its links measured from inside the nodes' own network namespaces. */
import path from "node:path";
import { clientPort } from "../../../../src/core/node-contract.js";
import { importNodeImage, nodeProgram, removeImage } from "../../node-image.js";
import { CommandLine } from "../command-line.js";
import { findAgent, findNode, hasNetemRule, restart } from "../engine-view.js";
import { median, roundTripsMs } from "../round-trips.js";
import { until } from "../until.js";

const cluster = "zoned";
const image = "devious-zones/node:dev";
const ports = { kv: clientPort, api: 8080 };

try {
  await importNodeImage(image, [`ENV PATH=${path.dirname(nodeProgram)}`, "ENTRYPOINT []"]);
  process.env["NODE_IMAGE"] = image;
  console.log(JSON.stringify(await CommandLine.withTemplate(cluster, "three-of-each", story)));
} finally {
  await removeImage(image, ...["api", "worker"].map((service) => `devious-${cluster}-${service}`));
}

async function story(devious: CommandLine) {
  // both zones, each service, as it sends and as it is sent to
  const up = await matrix(["kv-1", "worker-1", "api-2", "worker-3"], ["api-1", "kv-2", "api-3"]);
  const api3 = await findNode(cluster, "api-3");
  await restart((await findAgent(cluster)).id);
  await restart(api3.id);
  await until("the restarted node is as far away again", async () => hasNetemRule((await findNode(cluster, "api-3")).pid));
  await until("it listens", async () => Number.isFinite(await measure("api-2", "api-3")));
  const restarted = await matrix(["api-1", "api-3"], ["kv-1", "kv-2"]);
  await devious.run("chaos", "heal");
  await devious.up(devious.spec.replace("delay: 40ms, jitter: 4ms", "delay: 70ms"));
  return { up, restarted, changed: await matrix(["worker-1", "api-2"], ["api-1", "kv-3"]) };
}

/** Median round trips in ms, `kv-1 api-2`; Infinity (null in JSON) where nothing comes back. */
async function matrix(from: readonly string[], to: readonly Listener[]): Promise<Readonly<Record<string, number>>> {
  const found: Record<string, number> = {};
  for (const one of from) for (const other of to) if (one !== other) found[`${one} ${other}`] = await measure(one, other);
  return found;
}

/** A worker listens on no port. */
type Listener = `${keyof typeof ports}-${number}`;

async function measure(from: string, to: Listener): Promise<number> {
  const [{ pid }, { host }] = [await findNode(cluster, from), await findNode(cluster, to)];
  const port = ports[to.split("-")[0] as keyof typeof ports];
  return median(await roundTripsMs(pid, { host, port }, { count: 7, limitMs: 1000 }));
}
