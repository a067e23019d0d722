// Shows what Docker is asked for: nodes get nothing beyond a plain container, the agent two capabilities and never privilege, the shipper less than a node.
import { expect, test } from "vitest";
import type { ContainerSpec } from "../../../src/engine/port.js";
import { createOptions } from "../../../src/engine/docker/containers.js";

const node: ContainerSpec = {
  name: "devious.demo.n1",
  image: "devious/node:1",
  labels: { a: "b" },
  command: ["node", "x.mjs"],
  environment: { KEY: "a=b" },
  hostname: "n1",
  network: "devious.demo",
  aliases: ["n1"],
  volumes: [{ name: "devious.demo.n1.data", path: "/data", labels: { c: "d" } }],
  ports: [{ container: 2379, host: null }],
};
const agent: ContainerSpec = { ...node, ports: [], agent: { binds: ["/var/run/docker.sock:/run/engine.sock"] } };

test("a node publishes on 127.0.0.1 at a port of the engine's choice, and bounds its log", () => {
  expect(createOptions(node)).toMatchObject({
    name: "devious.demo.n1",
    Image: "devious/node:1",
    Cmd: ["node", "x.mjs"],
    Env: ["KEY=a=b"],
    Hostname: "n1",
    Labels: { a: "b" },
    ExposedPorts: { "2379/tcp": {} },
    HostConfig: {
      NetworkMode: "devious.demo",
      Mounts: [{ Type: "volume", Source: "devious.demo.n1.data", Target: "/data", VolumeOptions: { Labels: { c: "d" } } }],
      PortBindings: { "2379/tcp": [{ HostIp: "127.0.0.1", HostPort: "0" }] },
      LogConfig: { Type: "json-file", Config: { "max-size": "50m", "max-file": "5", mode: "blocking" } },
    },
    NetworkingConfig: { EndpointsConfig: { "devious.demo": { Aliases: ["n1"] } } },
  });
});

test("a node of the user's image has what its spec says, and nothing is mounted in a way that makes folders", () => {
  const { User, StopTimeout, HostConfig } = createOptions({
    ...node,
    ports: [{ container: 80, host: 9000 }],
    volumes: [{ name: "shared", path: "/s", labels: {}, readOnly: true }],
    binds: [{ source: "/home/me/conf", path: "/etc/api", readOnly: true }],
    tmpfs: [
      { path: "/tmp", sizeBytes: 2 ** 26 },
      { path: "/run", sizeBytes: null },
    ],
    restart: { policy: "on-failure", maxRetries: 3 },
    user: "1000:1000",
    capAdd: ["SYS_NICE"],
    ulimits: [{ name: "nofile", soft: 100, hard: 200 }],
    cpus: 0.29,
    memoryBytes: 2 ** 28,
    stopGraceMs: 1500,
  });
  expect({ User, StopTimeout }).toEqual({ User: "1000:1000", StopTimeout: 2 });
  expect(HostConfig).toMatchObject({
    PortBindings: { "80/tcp": [{ HostIp: "127.0.0.1", HostPort: "9000" }] },
    Mounts: [
      { Type: "volume", Source: "shared", Target: "/s", ReadOnly: true },
      { Type: "bind", Source: "/home/me/conf", Target: "/etc/api", ReadOnly: true },
      { Type: "tmpfs", Target: "/tmp", TmpfsOptions: { SizeBytes: 2 ** 26 } },
      { Type: "tmpfs", Target: "/run", TmpfsOptions: { SizeBytes: 0 } },
    ],
    RestartPolicy: { Name: "on-failure", MaximumRetryCount: 3 },
    CapAdd: ["SYS_NICE"],
    Ulimits: [{ Name: "nofile", Soft: 100, Hard: 200 }],
    NanoCpus: 290_000_000,
    // as much with swap as without: there is none to spare
    Memory: 2 ** 28,
    MemorySwap: 2 ** 28,
  });
  expect(HostConfig).not.toHaveProperty("Binds");
});

test("what is not said of a node is the engine's to decide", () => {
  const { HostConfig, ...options } = createOptions(node);
  for (const key of ["User", "StopTimeout"]) expect(options).not.toHaveProperty(key);
  for (const key of ["RestartPolicy", "CapAdd", "Ulimits", "NanoCpus", "Memory", "MemorySwap"]) {
    expect(HostConfig).not.toHaveProperty(key);
  }
});

test("the agent has NET_ADMIN, SYS_ADMIN, SYS_PTRACE, the engine's socket and an open stdin; no port, no privilege", () => {
  const { HostConfig, ...options } = createOptions(agent);
  expect(options).toMatchObject({ OpenStdin: true, StdinOnce: false, ExposedPorts: {} });
  expect(HostConfig).toMatchObject({
    PidMode: "host",
    CapAdd: ["NET_ADMIN", "SYS_ADMIN", "SYS_PTRACE"],
    Binds: ["/var/run/docker.sock:/run/engine.sock"],
    PortBindings: {},
    RestartPolicy: { Name: "unless-stopped" },
  });
  expect(JSON.stringify(createOptions(agent))).not.toMatch(/Privileged|SecurityOpt|NetworkMode":"host/);
});

test("the shipper has no capability at all, writes to its volume only, and is started again when it ends by itself", () => {
  const { HostConfig, NetworkingConfig, OpenStdin } = createOptions({
    ...node,
    ports: [],
    network: "host",
    aliases: [],
    shipper: { binds: ["/var/run/docker.sock:/run/engine.sock"] },
  });
  expect(HostConfig).toMatchObject({
    NetworkMode: "host",
    CapDrop: ["ALL"],
    SecurityOpt: ["no-new-privileges"],
    ReadonlyRootfs: true,
    Mounts: [{ Type: "volume", Source: "devious.demo.n1.data" }],
    Binds: ["/var/run/docker.sock:/run/engine.sock"],
    PortBindings: {},
    RestartPolicy: { Name: "unless-stopped" },
  });
  for (const key of ["PidMode", "CapAdd", "Privileged", "CgroupnsMode"]) expect(HostConfig).not.toHaveProperty(key);
  expect(NetworkingConfig).toEqual({ EndpointsConfig: { host: { Aliases: [] } } });
  expect(OpenStdin).toBeUndefined();
});

test("a container that looks at the kernel has the agent's capabilities for networks, and neither its view of the host nor its socket", () => {
  const { HostConfig, OpenStdin } = createOptions({ ...node, ports: [], volumes: [], network: "none", looksAtKernel: true });
  expect(HostConfig).toMatchObject({ CapAdd: ["NET_ADMIN", "SYS_ADMIN"], NetworkMode: "none" });
  for (const key of ["PidMode", "Binds", "RestartPolicy", "CgroupnsMode"]) expect(HostConfig).not.toHaveProperty(key);
  expect(OpenStdin).toBeUndefined();
});

test("what another machine has to reach is published on all addresses of the engine's", () => {
  const { HostConfig } = createOptions(node, "0.0.0.0");
  expect(HostConfig).toMatchObject({ PortBindings: { "2379/tcp": [{ HostIp: "0.0.0.0", HostPort: "0" }] } });
});
