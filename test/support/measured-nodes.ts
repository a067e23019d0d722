import { resolve } from "node:path";
import type { MeasuredCluster } from "../../src/agent/measure-links.js";
import { type NetworkNamespace, openNamespace } from "../../src/agent/netns.js";
import { agentPaths } from "../../src/core/node-contract.js";
import type { BareNode } from "./guest/bare-nodes.js";

/** As the agent has it in its image. */
const probe = resolve("dist/image/probe.mjs");

/** Bare namespaces as the agent sees nodes, with the probe of this checkout's build. */
export function measuredCluster(nodes: readonly BareNode[]): MeasuredCluster {
  return {
    nodes,
    open: async (name) => {
      const pid = nodes.find((node) => node.name === name)?.pid;
      const namespace = pid === undefined ? undefined : await openNamespace(pid);
      return namespace && withProbe(namespace);
    },
  };
}

function withProbe(namespace: NetworkNamespace): NetworkNamespace {
  const here = (command: readonly string[]): readonly string[] =>
    command.map((word) => (word === agentPaths.probe ? probe : word));
  return {
    run: (command, input) => namespace.run(here(command), input),
    start: (command) => namespace.start(here(command)),
    close: () => namespace.close(),
  };
}
