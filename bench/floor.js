/**
 * The floor of `up`: the same containers, asked for with bare API calls from a process that runs already. What is asked for is copied
 * from a cluster that `up` made, so it is the same image, command, environment, labels, volumes, ports and network by name.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { request } from "node:http";
import { createNetwork, docker, inspect, publishedPort, remove, runContainer } from "./docker.js";
import { cluster } from "./devious.js";
import { timed } from "./figures.js";

const clientPort = 2379;
const pollMs = 5;
const patienceMs = 30_000;

/** Reads off the running cluster what would make its nodes once more. */
export async function recipeOf(nodes, name = cluster) {
  const containers = await Promise.all(nodes.map((node) => inspect(`devious.${name}.${node}`)));
  const network = containers[0].HostConfig.NetworkMode;
  const { Labels } = await docker("GET", `/networks/${network}`);
  return {
    image: containers[0].Config.Image,
    network: { name: network, labels: Labels },
    containers: containers.map(({ Name, Config, HostConfig }, index) => ({
      name: Name.slice(1),
      options: {
        Image: Config.Image,
        Cmd: Config.Cmd,
        Env: Config.Env,
        Hostname: Config.Hostname,
        Labels: Config.Labels,
        ExposedPorts: Config.ExposedPorts,
        HostConfig,
        NetworkingConfig: { EndpointsConfig: { [network]: { Aliases: [nodes[index]] } } },
      },
      volumes: (HostConfig.Mounts ?? []).map(({ Source }) => Source),
    })),
  };
}

/** Milliseconds from nothing to every node answering /health; what was made is removed again, untimed. */
export async function floor({ network, containers }) {
  try {
    return await timed(async () => {
      await createNetwork(network.name, network.labels);
      await Promise.all(containers.map(({ name, options }) => runContainer(name, options).then(answersHealth)));
    });
  } finally {
    await remove({
      containers: containers.map(({ name }) => name),
      networks: [network.name],
      volumes: containers.flatMap(({ volumes }) => volumes),
    });
  }
}

async function answersHealth(container) {
  const port = await publishedPort(container, clientPort);
  const giveUpAt = performance.now() + patienceMs;
  while (!(await isHealthy(port))) {
    if (performance.now() > giveUpAt) throw new Error(`${container} is not healthy after ${patienceMs / 1000} s`);
    await sleep(pollMs);
  }
}

/** etcd's way and ours: /health says 200 once there is a leader. */
export function isHealthy(port) {
  return answers(port, "/health");
}

/** Whether GET on a port of this machine is answered with 200. */
export function answers(port, path) {
  return new Promise((resolve) => {
    const asked = request({ host: "127.0.0.1", port, path, agent: false, timeout: 1000 }, (answer) => {
      answer.resume();
      answer.on("end", () => resolve(answer.statusCode === 200)).on("error", () => resolve(false));
    });
    asked.on("timeout", () => asked.destroy());
    asked.on("error", () => resolve(false));
    asked.end();
  });
}
