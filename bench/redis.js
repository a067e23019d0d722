/**
 * Debian's Redis in containers like ours, alone and with one replica. It syncs what is written before it answers, as our nodes do; a replica is told
 * without being waited for.
 */
import { basename } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "node:net";
import { createNetwork, publishedPort, remove, runContainer } from "./docker.js";
import { makeImage, removeImage } from "./scratch-image.js";

const prefix = "devious-bench.redis";
const names = ["single", "primary", "replica"];
const clientPort = 6379;
const patienceMs = 10_000;
const always = ["--appendonly", "yes", "--appendfsync", "always", "--save", "", "--dir", "/data"];

/** @returns {Promise<{single: number, primary: number}>} published ports */
export async function startRedis(binary, signal) {
  await makeImage(prefix, binary);
  await createNetwork(prefix, {});
  // one file is several programs, by the name that it is called
  const program = `/${basename(binary)}`;
  for (const name of names) await runContainer(`${prefix}.${name}`, containerOptions(name, program));
  const [single, primary] = await Promise.all(names.slice(0, 2).map((name) => publishedPort(`${prefix}.${name}`, clientPort)));
  for (const [port, replicas] of [
    [single, 0],
    [primary, 1],
  ])
    await until(signal, async () => (await say(port, "INFO replication\r\n")).includes(`connected_slaves:${replicas}`));
  return { single, primary };
}

/** Removes all of it; what is not there is gone. */
export async function removeRedis() {
  await remove({
    containers: names.map((name) => `${prefix}.${name}`),
    networks: [prefix],
    volumes: names.map((name) => `${prefix}.${name}.data`),
  });
  await removeImage(prefix);
}

function containerOptions(name, program) {
  const replicates = name === "replica" ? ["--replicaof", "primary", String(clientPort)] : [];
  return {
    Image: `${prefix}:local`,
    Cmd: [program, "--bind", "0.0.0.0", "--protected-mode", "no", ...always, ...replicates],
    Hostname: name,
    ExposedPorts: { [`${clientPort}/tcp`]: {} },
    HostConfig: {
      NetworkMode: prefix,
      Mounts: [{ Type: "volume", Source: `${prefix}.${name}.data`, Target: "/data" }],
      PortBindings: { [`${clientPort}/tcp`]: [{ HostIp: "127.0.0.1", HostPort: "0" }] },
    },
    NetworkingConfig: { EndpointsConfig: { [prefix]: { Aliases: [name] } } },
  };
}

async function until(signal, isTrue) {
  const giveUpAt = performance.now() + patienceMs;
  while (!(await isTrue().catch(() => false))) {
    if (performance.now() > giveUpAt) throw new Error(`Redis is not ready after ${patienceMs / 1000} s`);
    await sleep(100, undefined, { signal });
  }
}

/** The first piece of what is answered. */
function say(port, command) {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port });
    socket.setTimeout(1000, () => socket.destroy(new Error("no answer")));
    socket.on("error", reject).on("connect", () => socket.write(command));
    socket.once("data", (chunk) => {
      socket.destroy();
      resolve(chunk.toString());
    });
  });
}
