/**
 * Three nodes of the etcd that Debian packages, in containers like ours: an image from scratch that holds the binary and its libraries,
 * one bridge network, a named volume each, ports published on 127.0.0.1.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { createNetwork, publishedPort, remove, runContainer } from "./docker.js";
import { isHealthy } from "./floor.js";
import { makeImage, removeImage } from "./scratch-image.js";

/** What a cluster's containers, network, volumes and image are called after, unless its maker says otherwise. */
const benchPrefix = "devious-bench.etcd";
const names = ["n1", "n2", "n3"];
const clientPort = 2379;
const patienceMs = 30_000;

export async function etcdVersion(binary) {
  const { stdout } = await execa(binary, ["--version"]);
  return /etcd Version: (\S+)/.exec(stdout)?.[1] ?? "unknown";
}

/** Boots a cluster called `prefix` and resolves to its nodes: containers and their published ports. */
export async function startEtcd(binary, signal, prefix = benchPrefix) {
  await makeImage(prefix, binary);
  await createNetwork(prefix, {});
  await Promise.all(names.map((name) => runContainer(`${prefix}.${name}`, containerOptions(prefix, name))));
  const ports = await Promise.all(names.map((name) => publishedPort(`${prefix}.${name}`, clientPort)));
  const giveUpAt = performance.now() + patienceMs;
  while (!(await Promise.all(ports.map(isHealthy))).every(Boolean)) {
    if (performance.now() > giveUpAt) throw new Error(`etcd is not healthy after ${patienceMs / 1000} s`);
    await sleep(100, undefined, { signal });
  }
  return names.map((name, at) => ({ container: `${prefix}.${name}`, port: ports[at] }));
}

/** Removes all of that cluster, its image too; what is not there is gone. */
export async function removeEtcd(prefix = benchPrefix) {
  await remove({
    containers: names.map((name) => `${prefix}.${name}`),
    networks: [prefix],
    volumes: names.map((name) => `${prefix}.${name}.data`),
  });
  await removeImage(prefix);
}

function containerOptions(prefix, name) {
  const peers = names.map((one) => `${one}=http://${one}:2380`).join(",");
  const listen = { "listen-client-urls": "http://0.0.0.0:2379", "listen-peer-urls": "http://0.0.0.0:2380" };
  const advertise = { "advertise-client-urls": `http://${name}:2379`, "initial-advertise-peer-urls": `http://${name}:2380` };
  const flags = { name, "data-dir": "/data", "initial-cluster": peers, "initial-cluster-state": "new", ...listen, ...advertise };
  return {
    Image: `${prefix}:local`,
    Cmd: ["/etcd", ...Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`)],
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
