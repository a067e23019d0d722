// Shows how a command beside a cluster learns from its environment where the nodes are.
import { expect, test } from "vitest";
import { endpointVariables } from "../../src/cluster/endpoint-variables.js";

test("each published port, the lowest of each node, and all in one", () => {
  const nodes = [
    { node: "api-1", address: "127.0.0.1:49153", ports: { "8080": "127.0.0.1:49153", "9000": "127.0.0.1:49154" } },
    { node: "worker-1", address: null, ports: {} },
    { node: "kv-1", address: "https://127.0.0.1:49155", ports: { "2379": "https://127.0.0.1:49155" } },
  ];
  expect(endpointVariables("shop", nodes)).toEqual({
    DEVIOUS_CLUSTER: "shop",
    DEVIOUS_ENDPOINTS: "api-1:8080=127.0.0.1:49153,api-1:9000=127.0.0.1:49154,kv-1:2379=https://127.0.0.1:49155",
    DEVIOUS_API_1: "127.0.0.1:49153",
    DEVIOUS_API_1_8080: "127.0.0.1:49153",
    DEVIOUS_API_1_9000: "127.0.0.1:49154",
    DEVIOUS_KV_1: "https://127.0.0.1:49155",
    DEVIOUS_KV_1_2379: "https://127.0.0.1:49155",
  });
});

test("a port has the variable that a node is called as well", () => {
  const nodes = [
    { node: "api-1", address: "127.0.0.1:1001", ports: { "2": "127.0.0.1:1001" } },
    { node: "api-1-2", address: "127.0.0.1:1002", ports: { "3": "127.0.0.1:1002" } },
  ];
  expect(endpointVariables("shop", nodes)).toMatchObject({
    DEVIOUS_API_1_2: "127.0.0.1:1001",
    DEVIOUS_API_1_2_3: "127.0.0.1:1002",
  });
});
