import type { ChalkInstance } from "chalk";
import type { ClusterStatus, NodeStatus } from "../cluster/status.js";
import { formatDuration } from "../core/duration.js";
import { renderFaults } from "./render-faults.js";
import { formatTable } from "./table.js";

export function renderStatus({ cluster, owner, nodes, faults }: ClusterStatus, chalk: ChalkInstance, nowMs: number): string {
  const header = ["NODE", "HEALTH", "ROLE", "TERM", "APPLIED", "LEADER", "ADDRESS", "UPTIME"].map((title) => chalk.dim(title));
  const rows = nodes.map((node) => nodeRow(node, chalk, nowMs));
  return [
    `${chalk.bold(cluster)} ${chalk.dim(owner)}`,
    formatTable([header, ...rows]),
    faults === null ? chalk.red("The agent does not answer; `devious up` starts it again.") : renderFaults(faults, chalk, nowMs),
  ].join("\n");
}

function nodeRow(
  { node, state, health, role, address, ports, startedAt, store }: NodeStatus,
  chalk: ChalkInstance,
  nowMs: number,
): readonly string[] {
  const colour = { ready: chalk.green, "no-quorum": chalk.yellow, silent: chalk.red }[health];
  const uptime = startedAt === null ? "-" : formatDuration(Math.floor((nowMs - Date.parse(startedAt)) / 1000) * 1000);
  return [
    node,
    colour(state === "running" ? health : state),
    role ?? "-",
    String(store?.term ?? "-"),
    String(store?.applied ?? "-"),
    store?.leader ?? "-",
    Object.keys(ports).length > 1 ? formatPorts(ports) : (address ?? "-"),
    uptime,
  ];
}

/** `127.0.0.1:49153 (8080), 127.0.0.1:49154 (9090)` */
function formatPorts(ports: NodeStatus["ports"]): string {
  return Object.entries(ports)
    .map(([port, address]) => `${address} (${port})`)
    .join(", ");
}
