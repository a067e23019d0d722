import type { ChalkInstance } from "chalk";
import type { ShippingStatus } from "../cluster/shipping/status.js";
import type { ClusterStatus, NodeStatus } from "../cluster/status.js";
import { formatDuration } from "../core/duration.js";
import { renderFaults } from "./render-faults.js";
import { formatTable } from "./table.js";

export function renderStatus(status: ClusterStatus, chalk: ChalkInstance, nowMs: number): string {
  const { cluster, owner, nodes, lastWords, faults, shipping } = status;
  const header = ["NODE", "HEALTH", "ROLE", "TERM", "APPLIED", "LEADER", "ADDRESS", "UPTIME"].map((title) => chalk.dim(title));
  const rows = nodes.map((node) => nodeRow(node, chalk, nowMs));
  return [
    `${chalk.bold(cluster)} ${chalk.dim(owner)}`,
    formatTable([header, ...rows]),
    ...lastWords.map(({ node, exitCode, said }) => chalk.red(`${node} ended with exit code ${exitCode}: ${said}`)),
    ...renderTls(nodes),
    ...renderUnsafe(nodes, chalk),
    faults === null ? chalk.red("The agent does not answer; `devious up` starts it again.") : renderFaults(faults, chalk, nowMs),
    ...(shipping === null ? [] : [renderShipping(shipping, chalk, nowMs)]),
  ].join("\n");
}

/** `n1, n2, n3 run with replication: async: a leader that is lost …`, one line an option. */
export function renderUnsafe(nodes: readonly Pick<NodeStatus, "node" | "store">[], chalk: ChalkInstance): readonly string[] {
  const runBy = new Map<string, string[]>();
  for (const { node, store } of nodes) {
    for (const { option, value, why } of store?.unsafe ?? []) {
      const what = `${option}: ${value}: ${why}`;
      runBy.set(what, [...(runBy.get(what) ?? []), node]);
    }
  }
  return [...runBy].map(([what, by]) => chalk.red(`${by.join(", ")} ${by.length === 1 ? "runs" : "run"} with ${what}`));
}

/** `n1, n2, n3 take clients over TLS; the certificate to trust is in /home/me/shop/.devious/shop/tls/ca.pem`, one line a kind. */
export function renderTls(nodes: readonly Pick<NodeStatus, "node" | "tls">[]): readonly string[] {
  const takenBy = new Map<string, string[]>();
  for (const { node, tls } of nodes) {
    if (tls === null) continue;
    const trust = tls.ca === null ? "" : `; the certificate to trust is in ${tls.ca}`;
    const how = `over TLS${tls.clientCertificate ? ", if they show a certificate" : ""}${trust}`;
    takenBy.set(how, [...(takenBy.get(how) ?? []), node]);
  }
  return [...takenBy].map(([how, by]) => `${by.join(", ")} ${by.length === 1 ? "takes" : "take"} clients ${how}`);
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

/** `logs to http://host:4318: sending; 12,345 records sent, up to date` */
function renderShipping(shipping: ShippingStatus, chalk: ChalkInstance, nowMs: number): string {
  const { otlp, state, sent, dropped, whyDropped, gaps, waiting, sentUpTo } = shipping;
  const isBehind = waiting > 0 || state !== "sending";
  const facts = [
    `${sent === 1 ? "1 record" : `${sent.toLocaleString("en")} records`} sent`,
    ...(dropped > 0
      ? [chalk.red(`${dropped.toLocaleString("en")} refused${whyDropped === null ? "" : ` (${whyDropped})`}`)]
      : []),
    ...(gaps > 0 ? [chalk.yellow(gaps === 1 ? "1 gap" : `${gaps} gaps`)] : []),
    ...(waiting > 0 ? [`${waiting.toLocaleString("en")} waiting`] : []),
    ...(sentUpTo === null ? [] : [isBehind ? `up to ${agoOf(sentUpTo, nowMs)} ago` : "up to date"]),
  ];
  return `logs to ${otlp}: ${shippingState(shipping, chalk, nowMs)}; ${facts.join(", ")}`;
}

function shippingState({ state, since, why }: ShippingStatus, chalk: ChalkInstance, nowMs: number): string {
  if (state === "sending") return chalk.green(state);
  const because = why === null ? "" : ` (${why})`;
  if (state === "stalled") return chalk.yellow(`stalled${since === null ? "" : ` for ${agoOf(since, nowMs)}`}${because}`);
  return chalk.red(`the shipper is ${state}${because}, \`devious up\` starts it again`);
}

/** `12s`; never less than a second, since the engine's clock may be ahead of ours. */
function agoOf(ts: string, nowMs: number): string {
  return formatDuration(Math.max(1, Math.floor((nowMs - Date.parse(ts)) / 1000)) * 1000);
}
