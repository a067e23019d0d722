import type { NodeStatus } from "./status.js";

/**
 * Where a cluster's nodes are reached, as environment variables for a command beside it: a test suite, a hook. Of a node `api-1` that
 * publishes 8080 and 9000:
 *
 * - `DEVIOUS_API_1_8080=127.0.0.1:49153` and `DEVIOUS_API_1_9000=…`: each of its published ports
 * - `DEVIOUS_API_1=127.0.0.1:49153`: the lowest of them
 * - `DEVIOUS_ENDPOINTS=api-1:8080=127.0.0.1:49153,api-1:9000=…,api-2:8080=…`: all of all nodes, in their order
 * - `DEVIOUS_CLUSTER`: the cluster's name
 *
 * Where clients come over TLS, an address is written as `status` shows it, `https://127.0.0.1:49153`. Nodes that publish nothing have no
 * variables. Should a node be called as another one's port is (`api-1` with port 2, and `api-1-2`), the port has the variable.
 */
export function endpointVariables(
  cluster: string,
  nodes: readonly Pick<NodeStatus, "node" | "address" | "ports">[],
): Readonly<Record<string, string>> {
  const all = nodes.flatMap(({ node, ports }) => Object.entries(ports).map(([port, address]) => ({ node, port, address })));
  return {
    DEVIOUS_CLUSTER: cluster,
    DEVIOUS_ENDPOINTS: all.map(({ node, port, address }) => `${node}:${port}=${address}`).join(","),
    ...Object.fromEntries(nodes.flatMap(({ node, address }) => (address === null ? [] : [[variableOf(node), address]]))),
    ...Object.fromEntries(all.map(({ node, port, address }) => [`${variableOf(node)}_${port}`, address])),
  };
}

function variableOf(node: string): string {
  return `DEVIOUS_${node.toUpperCase().replace(/[^A-Z0-9]/g, "_")}`;
}
