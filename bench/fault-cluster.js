/**
 * A cluster of any size for faults alone: containers that bear a node's labels and in which next to nothing runs, and an agent like that of
 * a cluster which `up` made, copied from it.
 */
import { randomUUID } from "node:crypto";
import { request } from "node:http";
import { createNetwork, inspect, remove, runContainer } from "./docker.js";
import { cluster as bootedCluster } from "./devious.js";
import { engineAddress } from "../scripts/setup/docker-api.js";

const nameOf = (size) => `devious-bench-${size}`;
const nodeNames = (size) => Array.from({ length: size }, (_, index) => `n${index + 1}`);
const containerOf = (size, node) => `devious.${nameOf(size)}.${node}`;
const atOnce = 8;

/** What an agent is made from, read off the one that runs. */
export async function agentRecipe() {
  const { Config, HostConfig } = await inspect(`devious.${bootedCluster}.chaos`);
  return { Config, HostConfig };
}

export async function createFaultCluster({ Config, HostConfig }, size) {
  const cluster = nameOf(size);
  const labels = (role, more = {}) => ({ "devious.cluster": cluster, "devious.owner": "bench", "devious.role": role, ...more });
  const network = `devious.${cluster}`;
  await createNetwork(network, labels("network"));
  const start = (node) =>
    runContainer(containerOf(size, node), {
      Image: Config.Image,
      // waits for ever and costs nothing
      Cmd: ["ip", "monitor", "nexthop"],
      Labels: labels("node", { "devious.node": node, "devious.service": "n" }),
      HostConfig: { NetworkMode: network },
    });
  await eachOf(nodeNames(size), atOnce, start);
  const agent = await runContainer(`${network}.chaos`, {
    Image: Config.Image,
    Cmd: Config.Cmd,
    Env: [`DEVIOUS_CLUSTER=${cluster}`],
    OpenStdin: true,
    StdinOnce: false,
    Labels: labels("agent"),
    HostConfig: { ...HostConfig, Mounts: [{ Type: "volume", Source: `${network}.chaos.ledger`, Target: "/ledger" }] },
  });
  const conversation = await attach(agent);
  const ask = (operation) => conversation.ask(operation);
  await ask({ op: "ping" });
  return {
    image: Config.Image,
    nodes: nodeNames(size),
    containerOf: (node) => containerOf(size, node),
    ask,
    close: conversation.close,
  };
}

/** Also what a benchmark that was killed left. */
export async function removeFaultCluster(size) {
  const network = `devious.${nameOf(size)}`;
  const nodes = nodeNames(size).map((node) => containerOf(size, node));
  const helpers = nodes.map((node) => `${node}.helper`);
  const containers = [`${network}.chaos`, ...helpers, ...nodes];
  await remove({ containers, networks: [network], volumes: [`${network}.chaos.ledger`] });
}

/** Does it for all, so many at once. */
export async function eachOf(all, width, act) {
  const left = [...all];
  const worker = async () => {
    for (let one = left.shift(); one !== undefined; one = left.shift()) await act(one);
  };
  await Promise.all(Array.from({ length: width }, worker));
}

/** Stdin and stderr of the agent, kept open: what is measured is the agent, not the way to it. */
function attach(container) {
  return new Promise((resolve, reject) => {
    const asked = request({
      socketPath: new URL(engineAddress().address).pathname,
      method: "POST",
      path: `/containers/${container}/attach?stream=1&stdin=1&stderr=1`,
      headers: { connection: "Upgrade", upgrade: "tcp" },
    });
    asked.once("error", reject);
    asked.once("upgrade", (_answer, socket) => {
      const waiting = new Map();
      let bytes = Buffer.alloc(0);
      let text = "";
      socket.on("data", (chunk) => {
        bytes = Buffer.concat([bytes, chunk]);
        // eight bytes before each piece, the last four its length (Docker Engine API, "ContainerAttach")
        while (bytes.length >= 8 && bytes.length >= 8 + bytes.readUInt32BE(4)) {
          const end = 8 + bytes.readUInt32BE(4);
          text += bytes.subarray(8, end).toString();
          bytes = bytes.subarray(end);
        }
        const lines = text.split("\n");
        text = lines.pop();
        for (const line of lines) {
          const reply = JSON.parse(line);
          waiting.get(reply.id)?.(reply);
          waiting.delete(reply.id);
        }
      });
      resolve({ ask: (operation) => ask(socket, waiting, operation), close: () => socket.destroy() });
    });
    asked.end();
  });
}

async function ask(socket, waiting, operation) {
  const id = randomUUID();
  const answered = new Promise((resolve) => waiting.set(id, resolve));
  socket.write(`\n${JSON.stringify({ ...operation, id })}\n`);
  const reply = await answered;
  if (!reply.ok) throw new Error(`${operation.op}: ${reply.error.message}`);
  return reply.result;
}

/** Milliseconds from the agent's receipt of its last `apply` to the read-back, from its own log. */
export async function lastTookMs(size) {
  const { address } = engineAddress();
  const path = `/containers/devious.${nameOf(size)}.chaos/logs?stdout=1&tail=200`;
  const text = await new Promise((resolve, reject) => {
    request({ socketPath: new URL(address).pathname, path }, (answer) => {
      let received = "";
      answer.setEncoding("latin1");
      answer.on("data", (chunk) => (received += chunk));
      answer.on("error", reject);
      answer.on("end", () => resolve(received));
    })
      .on("error", reject)
      .end();
  });
  const line = text.split("\n").findLast((one) => one.includes('"event":"fault-applied"'));
  return Number(/"tookMs":([\d.]+)/.exec(line)?.[1]);
}
