// Shows what containers are made of, and when they have to be made anew.
import { expect, test } from "vitest";
import { agentContainer, containerHash, nodeContainer } from "../../src/cluster/container-specs.js";
import type { Identity } from "../../src/cluster/container-specs.js";
import type { Member } from "../../src/cluster/plan.js";
import { label } from "../../src/core/labels.js";
import type { ContainerSpec } from "../../src/engine/port.js";
import { raftDefaults } from "../../src/spec/cluster-spec.js";
import type { ServiceSpec } from "../../src/spec/cluster-spec.js";

const identity: Identity = { cluster: "shop", owner: "/home/me/shop", image: "devious/node:1" };
const service: ServiceSpec = { name: "kv", store: raftDefaults, nodes: ["kv-1", "kv-2"] };
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
      "devious.hash": containerHash("devious/node:1", service),
    },
    command: ["node", "/devious/store.mjs"],
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
    ports: [2379],
  });
});

test("the agent has the engine's socket and a ledger, publishes nothing, and carries no node's labels", () => {
  const spec = agentContainer(identity, "/var/run/docker.sock");
  expect(spec).toMatchObject({
    name: "devious.shop.chaos",
    ports: [],
    agent: { engineSocketBind: "/var/run/docker.sock:/run/engine.sock" },
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

test("only the agent may ask for more than a container has by itself", () => {
  expect(kv2(both).agent).toBeUndefined();
});

test("a node is made anew for another image or other options, never for other peers", () => {
  const hashOf = (spec: ContainerSpec): string | undefined => spec.labels[label.hash];
  expect(hashOf(kv2([...both, { id: 5, node: "kv-3" }]))).toBe(hashOf(kv2(both)));
  expect(hashOf(kv2(both, { ...service, nodes: ["kv-1", "kv-2", "kv-3"] }))).toBe(hashOf(kv2(both)));
  const faster = { ...service, store: { ...raftDefaults, heartbeatIntervalMs: 50 } };
  expect(hashOf(kv2(both, faster))).not.toBe(hashOf(kv2(both)));
  expect(containerHash("devious/node:2", service)).not.toBe(containerHash("devious/node:1", service));
  expect(containerHash("devious/node:2", undefined)).not.toBe(containerHash("devious/node:1", undefined));
});
