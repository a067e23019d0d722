import type { Observed } from "./observe.js";

/** A cluster in a line; one without nodes is down and has left its data. */
export interface ClusterSummary {
  readonly cluster: string;
  readonly owner: string;
  readonly nodes: readonly string[];
  readonly running: number;
}

export function summarise({ name, owner, nodes }: Observed): ClusterSummary {
  return {
    cluster: name,
    owner: owner ?? "",
    nodes: nodes.map(({ node }) => node),
    running: nodes.filter(({ state }) => state === "running").length,
  };
}
