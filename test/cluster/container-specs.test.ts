// Shows what containers are made of, and when they have to be made anew.
import { expect, test } from "vitest";
import {
  agentContainer,
  agentHash,
  nodeContainer,
  nodeHash,
  shipperContainer,
  shipperHash,
} from "../../src/cluster/container-specs.js";
import type { Identity } from "../../src/cluster/container-specs.js";
import type { Member } from "../../src/cluster/plan.js";
import type { Certificates } from "../../src/cluster/tls/certificates.js";
import { label } from "../../src/core/labels.js";
import { logFormatOf } from "../../src/core/log-format.js";
import type { ContainerSpec } from "../../src/engine/port.js";
import { imageDefaults, raftDefaults, storeService } from "../../src/spec/cluster-spec.js";
import type { ImageService, Shipping, StoreService } from "../../src/spec/cluster-spec.js";

const identity: Identity = {
  cluster: "shop",
  owner: "/home/me/shop",
  image: "devious/node:1",
  imageIds: new Map([["my-api:dev", "sha256:1"]]),
  seed: 1,
};
const service: StoreService = storeService("kv", ["kv-1", "kv-2"]);
const both: readonly Member[] = [
  { id: 1, node: "kv-1" },
  { id: 4, node: "kv-2" },
];

function kv2(members: readonly Member[], of = service): ContainerSpec {
  return nodeContainer(identity, { node: "kv-2", service: of, member: 4, members, clusterState: "existing" });
}

test("a node is told who it is by its environment, and is found by its labels", () => {
  expect(kv2(both)).toEqual({
    name: "devious.shop.kv-2",
    image: "devious/node:1",
    labels: {
      "devious.cluster": "shop",
      "devious.owner": "/home/me/shop",
      "devious.role": "node",
      "devious.service": "kv",
      "devious.node": "kv-2",
      "devious.member": "4",
      "devious.hash": nodeHash(identity, service, "kv-2"),
    },
    command: ["node", "--max-semi-space-size=8", "/devious/store.mjs"],
    environment: {
      DEVIOUS_CLUSTER: "shop",
      DEVIOUS_SERVICE: "kv",
      DEVIOUS_NODE: "kv-2",
      DEVIOUS_MEMBER: "4",
      DEVIOUS_MEMBERS: "1=kv-1,4=kv-2",
      DEVIOUS_CLUSTER_STATE: "existing",
      DEVIOUS_STORE_OPTIONS: '{"electionTimeoutMs":1000,"heartbeatIntervalMs":100,"snapshotEntries":10000}',
    },
    hostname: "kv-2",
    network: "devious.shop",
    aliases: ["kv-2"],
    volumes: [
      {
        name: "devious.shop.kv-2.data",
        path: "/data",
        labels: {
          "devious.cluster": "shop",
          "devious.owner": "/home/me/shop",
          "devious.service": "kv",
          "devious.node": "kv-2",
          "devious.member": "4",
        },
      },
    ],
    ports: [{ container: 2379, host: null }],
    stopGraceMs: 5000,
  });
});

test("the agent has the engine's socket and a ledger, publishes nothing, and carries no node's labels", () => {
  const spec = agentContainer(identity, "/var/run/docker.sock");
  expect(spec).toMatchObject({
    name: "devious.shop.chaos",
    ports: [],
    agent: { binds: ["/var/run/docker.sock:/run/engine.sock", "/sys/fs/cgroup:/run/cgroup"] },
    volumes: [
      {
        name: "devious.shop.chaos.ledger",
        path: "/ledger",
        labels: { "devious.cluster": "shop", "devious.owner": "/home/me/shop" },
      },
    ],
  });
  expect(Object.keys(spec.labels).sort()).toEqual([label.cluster, label.hash, label.owner, label.role].sort());
});

const shipping: Shipping = { otlp: "http://localhost:4318", headers: { "X-Key": "hunter2" }, receiver: null };

test("the shipper is on the network of the engine's machine, has the engine's socket and a bookmark, and publishes nothing", () => {
  expect(shipperContainer(identity, "/var/run/docker.sock", shipping)).toEqual({
    name: "devious.shop.shipper",
    image: "devious/node:1",
    labels: {
      "devious.cluster": "shop",
      "devious.owner": "/home/me/shop",
      "devious.role": "shipper",
      "devious.otlp": "http://localhost:4318",
      "devious.hash": shipperHash(identity.image, shipping),
    },
    command: ["node", "--max-semi-space-size=4", "/devious/shipper.mjs"],
    environment: {
      DEVIOUS_CLUSTER: "shop",
      DEVIOUS_SHIP_OTLP: "http://localhost:4318",
      DEVIOUS_SHIP_HEADERS: '{"X-Key":"hunter2"}',
    },
    hostname: "shipper",
    network: "host",
    aliases: [],
    volumes: [
      {
        name: "devious.shop.shipper.bookmark",
        path: "/ship",
        labels: { "devious.cluster": "shop", "devious.owner": "/home/me/shop" },
      },
    ],
    ports: [],
    shipper: { binds: ["/var/run/docker.sock:/run/engine.sock"] },
  });
});

test("a receiver among the nodes is reached over the cluster's network, and the shipper is told who it is", () => {
  const spec = shipperContainer(identity, "/s", { ...shipping, otlp: "http://kv-1:4318", receiver: "kv-1" });
  expect(spec).toMatchObject({ network: "devious.shop", environment: { DEVIOUS_SHIP_RECEIVER: "kv-1" } });
});

test("the shipper is made anew for whatever it was told, and no secret can be read off its labels", () => {
  const variants: readonly Shipping[] = [
    shipping,
    { ...shipping, otlp: "http://localhost:4319" },
    { ...shipping, headers: { "X-Key": "hunter3" } },
    { ...shipping, headers: {} },
    { ...shipping, receiver: "kv-1" },
  ];
  const hashes = [...variants.map((one) => shipperHash("i", one)), shipperHash("j", shipping)];
  expect(new Set(hashes).size).toBe(hashes.length);
  expect(JSON.stringify(shipperContainer(identity, "/s", shipping).labels)).not.toContain("hunter2");
});

test("a node may not ask for more than a container has by itself", () => {
  expect(kv2(both)).not.toHaveProperty("agent");
  expect(kv2(both)).not.toHaveProperty("shipper");
});

test("a node is made anew for another image or other options, never for other peers", () => {
  const hashOf = (spec: ContainerSpec): string | undefined => spec.labels[label.hash];
  expect(hashOf(kv2([...both, { id: 5, node: "kv-3" }]))).toBe(hashOf(kv2(both)));
  expect(hashOf(kv2(both, { ...service, nodes: ["kv-1", "kv-2", "kv-3"] }))).toBe(hashOf(kv2(both)));
  const bounded = { ...service, store: { ...raftDefaults, quotaBytes: 2 ** 20, autoCompaction: { revisions: 9 } } };
  expect(hashOf(kv2(both, bounded))).not.toBe(hashOf(kv2(both)));
  expect(JSON.parse(kv2(both, bounded).environment["DEVIOUS_STORE_OPTIONS"] ?? "")).toMatchObject({
    quotaBytes: 2 ** 20,
    autoCompaction: { revisions: 9 },
  });
  const faster = { ...service, store: { ...raftDefaults, heartbeatIntervalMs: 50 } };
  expect(hashOf(kv2(both, faster))).not.toBe(hashOf(kv2(both)));
  expect(nodeHash({ ...identity, image: "devious/node:2" }, service, "kv-2")).not.toBe(nodeHash(identity, service, "kv-2"));
  expect(agentHash("devious/node:2")).not.toBe(agentHash("devious/node:1"));
});

test("what a spec does not mention leaves the hashes of before as they were", () => {
  expect(nodeHash(identity, service, "kv-2")).toBe("e58a2eef6f424508");
  expect(agentHash(identity.image)).toBe("114795715d5996a4");
  const old: ImageService = { ...plain, command: ["node", "server.js"], environment: { PORT: "8080" } };
  expect(nodeHash(identity, { ...old, ports: [{ container: 8080, host: null }] }, "api-1")).toBe("c9433669e5754a7c");
});

const placed: StoreService = { ...service, zones: { "kv-1": "eu", kv: "us" }, protect: ["kv-2"] };

test("zone and protection are on a node's labels where it has them, and remake it when they change", () => {
  const labelsOf = (node: string): object =>
    nodeContainer(identity, { node, service: placed, member: 1, members: both, clusterState: "new" }).labels;
  expect(labelsOf("kv-1")).toMatchObject({ [label.zone]: "eu" });
  expect(labelsOf("kv-1")).not.toHaveProperty([label.protect]);
  expect(labelsOf("kv-2")).toMatchObject({ [label.zone]: "us", [label.protect]: "true" });
  const changes = [service, placed, { ...placed, protect: [] }, { ...placed, zones: {} }, { ...placed, zones: { kv: "eu" } }];
  const hashes = changes.map((one) => nodeHash(identity, one, "kv-2"));
  expect(new Set(hashes).size).toBe(changes.length);
  expect(nodeHash(identity, { ...placed, protect: [] }, "kv-1")).toBe(nodeHash(identity, placed, "kv-1"));
});

const plain: ImageService = {
  ...imageDefaults,
  name: "api",
  nodes: ["api-1"],
  zones: {},
  protect: [],
  image: "my-api:dev",
};
const api: ImageService = {
  ...plain,
  protect: "all",
  command: ["node", "server.js"],
  environment: { PORT: "8080", DEVIOUS_SERVICE: "mine" },
  ports: [8080, 9090].map((container) => ({ container, host: null })),
  roles: { by: "exec", command: ["role"], leader: "^master" },
  logs: { format: "json", message: "text" },
};

test("a node of the user's image has what the spec says, no volume, and says how to ask for its role and to read its log", () => {
  expect(nodeContainer(identity, { node: "api-1", service: api })).toEqual({
    name: "devious.shop.api-1",
    image: "my-api:dev",
    labels: {
      "devious.cluster": "shop",
      "devious.owner": "/home/me/shop",
      "devious.role": "node",
      "devious.service": "api",
      "devious.node": "api-1",
      "devious.protect": "true",
      "devious.roles": '{"by":"exec","command":["role"],"leader":"^master"}',
      "devious.logs": '{"format":"json","message":"text"}',
      "devious.hash": nodeHash(identity, api, "api-1"),
    },
    entrypoint: undefined,
    command: ["node", "server.js"],
    environment: { DEVIOUS_CLUSTER: "shop", DEVIOUS_SERVICE: "mine", DEVIOUS_NODE: "api-1", PORT: "8080" },
    hostname: "api-1",
    network: "devious.shop",
    aliases: ["api-1", "api"],
    volumes: [],
    ports: [8080, 9090].map((container) => ({ container, host: null })),
    binds: [],
    tmpfs: [],
    restart: { policy: "no", maxRetries: null },
    capAdd: [],
    ulimits: [],
    stopGraceMs: 5000,
  });
});

test("each node has what the spec says with its own name in it, volumes and port of its own, and what is shared", () => {
  const both: ImageService = {
    ...api,
    nodes: ["api-1", "api-2"],
    protect: [],
    command: ["serve", "{{peers}}"],
    environment: { ME: "{{node}} {{seed}}" },
    ports: [{ container: 80, host: [9000, 9001] }],
    volumes: [
      { type: "volume", name: "data", target: "/data", readOnly: false, shared: false },
      { type: "volume", name: "pool", target: "/pool", readOnly: true, shared: true },
      { type: "bind", source: "/conf/{{node}}", target: "/etc/api", readOnly: true },
      { type: "tmpfs", target: "/tmp", sizeBytes: 1024 },
    ],
    labels: { team: "{{service}}", [label.node]: "mine" },
    user: "1000",
    limits: { cpus: 0.5, memoryBytes: 2 ** 28 },
  };
  const owned = { "devious.cluster": "shop", "devious.owner": "/home/me/shop" };
  const spec = nodeContainer({ ...identity, seed: 7 }, { node: "api-2", service: both });
  expect(spec).toMatchObject({
    command: ["serve", "api-1,api-2"],
    environment: { ME: "api-2 7" },
    ports: [{ container: 80, host: 9001 }],
    binds: [{ source: "/conf/api-2", path: "/etc/api", readOnly: true }],
    tmpfs: [{ path: "/tmp", sizeBytes: 1024 }],
    labels: { team: "api", "devious.node": "api-2" },
    user: "1000",
    cpus: 0.5,
    memoryBytes: 2 ** 28,
  });
  // no member's number: whoever looks for a store's data does not find these
  expect(spec.volumes).toEqual([
    {
      name: "devious.shop.api-2.data",
      path: "/data",
      readOnly: false,
      labels: { ...owned, "devious.service": "api", "devious.node": "api-2" },
    },
    { name: "devious.shop.pool.shared", path: "/pool", readOnly: true, labels: owned },
  ]);
});

test("a store's nodes are limited too, and made anew for it", () => {
  const limited: StoreService = { ...service, limits: { cpus: 1, memoryBytes: null } };
  expect(kv2(both, limited)).toMatchObject({ cpus: 1, memoryBytes: undefined });
  expect(nodeHash(identity, limited, "kv-2")).not.toBe(nodeHash(identity, service, "kv-2"));
});

test("certificates are named by what is in them, and their keys nowhere", () => {
  const certificates = { cert: "CERT", key: "KEY", clientCa: null, kept: { ca: "/home/me/shop/ca.pem", client: null } };
  const under = (given: Certificates): Identity => ({ ...identity, certificates: new Map([["kv", given]]) });
  const boot = { node: "kv-2", service, member: 4, members: both, clusterState: "existing" } as const;
  const { environment, labels } = nodeContainer(under(certificates), boot);
  expect(JSON.parse(environment["DEVIOUS_STORE_OPTIONS"] ?? "")).toMatchObject({ tls: "any" });
  expect(JSON.parse(labels["devious.tls"] ?? "")).toEqual(certificates.kept);
  expect(JSON.stringify([environment, labels])).not.toMatch(/CERT|KEY/);
  const certified = nodeContainer(under({ ...certificates, clientCa: "CA" }), boot);
  expect(JSON.parse(certified.environment["DEVIOUS_STORE_OPTIONS"] ?? "")).toMatchObject({ tls: "certified" });
  const variants = [
    certificates,
    { ...certificates, cert: "2" },
    { ...certificates, key: "2" },
    { ...certificates, clientCa: "2" },
  ];
  const hashes = [identity, ...variants.map(under)].map((one) => nodeHash(one, service, "kv-2"));
  expect(new Set(hashes).size).toBe(hashes.length);
  // another service's are nothing to it
  expect(nodeHash(under(certificates), storeService("log", ["log-1"]), "log-1")).toBe(
    nodeHash(identity, storeService("log", ["log-1"]), "log-1"),
  );
});

test("whoever reads its log finds on it how to understand it, and nothing where the spec says nothing", () => {
  const labelsOf = (service: ImageService) => nodeContainer(identity, { node: "api-1", service }).labels;
  expect(logFormatOf(labelsOf(api))).toEqual(api.logs);
  expect(logFormatOf(labelsOf({ ...api, logs: null }))).toBeUndefined();
});

test("it is made anew for whatever it was told, and for a rebuilt image of the same name", () => {
  const variants: readonly ImageService[] = [
    api,
    { ...api, image: "other" },
    { ...api, entrypoint: ["sh"] },
    { ...api, command: null },
    { ...api, environment: {} },
    { ...api, ports: [{ container: 8080, host: null }] },
    { ...api, ports: [{ container: 8080, host: [9000] }] },
    { ...api, volumes: [{ type: "tmpfs", target: "/tmp", sizeBytes: null }] },
    { ...api, files: [{ path: "/etc/me", content: "{{node}}", mode: 0o644 }] },
    { ...api, files: [{ path: "/etc/me", content: "{{node}}", mode: 0o755 }] },
    { ...api, restart: { policy: "always", maxRetries: null } },
    { ...api, user: "1000" },
    { ...api, capAdd: ["SYS_NICE"] },
    { ...api, ulimits: [{ name: "nofile", soft: 1, hard: 1 }] },
    { ...api, stopGraceMs: 1000 },
    { ...api, labels: { team: "a" } },
    { ...api, limits: { cpus: null, memoryBytes: 2 ** 28 } },
    { ...api, environment: { ...api.environment, SEED: "{{seed}}" } },
    { ...api, roles: null },
    { ...api, logs: null },
    { ...api, protect: [] },
  ];
  const hashes = variants.map((one) => nodeHash(identity, one, "api-1"));
  hashes.push(nodeHash({ ...identity, imageIds: new Map([["my-api:dev", "sha256:2"]]) }, api, "api-1"));
  expect(new Set(hashes).size).toBe(hashes.length);
  // what only says when it is made, asked or told is no part of it
  const untouched: readonly ImageService[] = [
    { ...api, pull: "always" },
    { ...api, build: { context: "/c", dockerfile: "Dockerfile", args: {}, target: null } },
    { ...api, dependsOn: [{ service: "kv", condition: "ready" }] },
    { ...api, hooks: { afterUp: [{ on: "host", command: ["true"] }], beforeDown: [] } },
  ];
  for (const one of untouched) expect(nodeHash(identity, one, "api-1")).toBe(hashes[0]);
  // nor is the node image
  expect(nodeHash({ ...identity, image: "devious/node:2" }, api, "api-1")).toBe(hashes[0]);
  // nor the seed, but where it is spelt
  const seeded = { ...api, environment: { SEED: "{{seed}}" } };
  const withSeed = (service: ImageService, seed: number) => nodeHash({ ...identity, seed }, service, "api-1");
  expect(withSeed(api, 2)).toBe(hashes[0]);
  expect(withSeed(seeded, 2)).not.toBe(withSeed(seeded, 1));
});
