import { label } from "../core/labels.js";
import type { Containers, Networks, Volumes } from "../engine/port.js";
import { ledgerVolumeName } from "./names.js";
import type { Observed } from "./observe.js";
import { step } from "./steps.js";
import type { Report } from "./steps.js";

export interface DownResult {
  readonly cluster: string;
  readonly removed: {
    readonly containers: readonly string[];
    readonly networks: readonly string[];
    readonly volumes: readonly string[];
  };
  /** Volumes with data that stay for the next `up`. */
  readonly kept: readonly string[];
}

/**
 * Removes everything of a cluster, in whatever state it is. Faults go with the namespaces they are in. Volumes with data stay unless
 * `volumes`; the agent's ledger always goes, since no fault outlives its cluster.
 */
export async function down(
  engine: Containers & Networks & Volumes,
  found: Observed,
  options: { readonly volumes: boolean; readonly report: Report },
): Promise<DownResult> {
  const { report } = options;
  const nodes = [...found.nodes, ...found.strays];
  // the agent first, lest it pause again what is being removed
  if (found.agent !== undefined) {
    const { id } = found.agent;
    await step(report, "remove the agent", () => engine.removeContainer(id));
  }
  if (nodes.length > 0) {
    await step(report, `remove ${nodes.map(nameOf).join(", ")}`, () =>
      Promise.all(nodes.map(({ id }) => engine.removeContainer(id))),
    );
  }
  if (found.networks.length > 0) {
    await step(report, "remove the network", () => Promise.all(found.networks.map(({ id }) => engine.removeNetwork(id))));
  }
  const doomed = found.volumes
    .filter(({ name }) => options.volumes || name === ledgerVolumeName(found.name))
    .map(({ name }) => name);
  if (doomed.length > 0) {
    const what = options.volumes ? "remove the volumes and their data" : "remove the ledger";
    await step(report, what, () => Promise.all(doomed.map((name) => engine.removeVolume(name))));
  }
  const containers = [...(found.agent === undefined ? [] : [found.agent]), ...nodes].map(({ name }) => name);
  return {
    cluster: found.name,
    removed: { containers, networks: found.networks.map(({ name }) => name), volumes: doomed },
    kept: found.volumes.map(({ name }) => name).filter((name) => !doomed.includes(name)),
  };
}

function nameOf({ name, labels }: { readonly name: string; readonly labels: Readonly<Record<string, string>> }): string {
  return labels[label.node] ?? name;
}
