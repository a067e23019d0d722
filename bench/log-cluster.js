/** Clusters that are nothing but their logs: containers with a node's labels, and docker-compose's, that have said so many lines and ended. */
import { tmpdir } from "node:os";
import { createNetwork, docker, remove, runContainer } from "./docker.js";
import { eachOf } from "./fault-cluster.js";

const nameOf = (size) => `devious-bench-logs-${size}`;
const nodesOf = (size) => Array.from({ length: size }, (_, index) => `n${index + 1}`);
const containerOf = (size, node) => `devious.${nameOf(size)}.${node}`;
const atOnce = 4;

/** A line of a program of ours, numbered. */
const program = (lines) => `
  const { writeSync } = require("node:fs");
  let text = "";
  for (let n = 1; n <= ${lines}; n++) {
    const level = n % 50 === 0 ? "warn" : "info";
    text += JSON.stringify({ ts: new Date().toISOString(), level, node: process.env.NODE, event: "entry-applied", msg: "applied entry " + n, term: 3, index: n, peer: "n" + (n % 5) }) + "\\n";
    if (text.length > 32768 || n === ${lines}) { for (let bytes = Buffer.from(text); bytes.length > 0; ) bytes = bytes.subarray(writeSync(1, bytes)); text = ""; }
  }
`;

/** Resolves once all have said what they have to say. */
export async function createLogCluster(image, size, lines) {
  const cluster = nameOf(size);
  const labels = (more) => ({ "devious.cluster": cluster, "devious.owner": tmpdir(), ...more });
  await createNetwork(`devious.${cluster}`, labels({ "devious.role": "network" }));
  await eachOf(nodesOf(size), atOnce, async (node) => {
    await runContainer(containerOf(size, node), {
      Image: image,
      Cmd: ["node", "-e", program(lines)],
      Env: [`NODE=${node}`],
      Labels: labels({
        "devious.role": "node",
        "devious.node": node,
        "devious.service": "n",
        "com.docker.compose.project": cluster,
        "com.docker.compose.service": node,
        "com.docker.compose.oneoff": "False",
        "com.docker.compose.container-number": "1",
        "com.docker.compose.version": "1.29.2",
      }),
      HostConfig: {
        NetworkMode: `devious.${cluster}`,
        LogConfig: { Type: "json-file", Config: { "max-size": "500m", "max-file": "1" } },
      },
    });
    await docker("POST", `/containers/${containerOf(size, node)}/wait`);
  });
  return { name: cluster, containers: nodesOf(size).map((node) => containerOf(size, node)), nodes: nodesOf(size) };
}

export async function removeLogCluster(size) {
  const containers = nodesOf(size).map((node) => containerOf(size, node));
  await remove({ containers, networks: [`devious.${nameOf(size)}`] });
}
