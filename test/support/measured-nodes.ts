/** Measuring as the agent does it, in bare namespaces: with the probe of this checkout, at the place where it stands. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "rolldown";
import type { MeasuredCluster } from "../../src/agent/measure-links.js";
import { type NetworkNamespace, openNamespace } from "../../src/agent/netns.js";
import { agentPaths } from "../../src/core/node-contract.js";
import type { BareNode } from "./guest/bare-nodes.js";

/** Bundles the probe as the build does, for as long as `use` takes. */
export async function withProbe<T>(use: (probe: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "devious-probe-"));
  const file = join(folder, "probe.mjs");
  try {
    await build({ input: "src/agent/probe/main.ts", platform: "node", output: { file, format: "esm", codeSplitting: false } });
    return await use(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export function measuredCluster(nodes: readonly BareNode[], probe: string): MeasuredCluster {
  return {
    nodes,
    open: async (name) => {
      const pid = nodes.find((node) => node.name === name)?.pid;
      const namespace = pid === undefined ? undefined : await openNamespace(pid);
      return namespace && withProbeAt(namespace, probe);
    },
  };
}

function withProbeAt(namespace: NetworkNamespace, probe: string): NetworkNamespace {
  const here = (command: readonly string[]): readonly string[] =>
    command.map((word) => (word === agentPaths.probe ? probe : word));
  return {
    run: (command, input) => namespace.run(here(command), input),
    start: (command) => namespace.start(here(command)),
    close: () => namespace.close(),
  };
}
