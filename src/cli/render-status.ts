import type { ChalkInstance } from "chalk";
import type { ShippingStatus } from "../cluster/shipping/status.js";
import type { ClusterStatus, NodeStatus } from "../cluster/status.js";
import type { LeaderlessStatus, RaftStatus } from "../cluster/store-status.js";
import { formatDuration } from "../core/duration.js";
import { renderFaults, renderLinks } from "./render-faults.js";
import { formatTable } from "./table.js";

export function renderStatus(status: ClusterStatus, chalk: ChalkInstance, nowMs: number): string {
  const { cluster, owner, nodes, lastWords, faults, links, shipping } = status;
  const columns = columnsFor(nodes, chalk, nowMs);
  const header = columns.map(({ title }) => chalk.dim(title));
  const rows = nodes.map((node) => columns.map(({ cell }) => cell(node)));
  return [
    `${chalk.bold(cluster)} ${chalk.dim(owner)}`,
    formatTable([header, ...rows]),
    ...renderPorts(nodes, chalk),
    ...lastWords.map(({ node, exitCode, said }) => chalk.red(`${node} ended with exit code ${exitCode}: ${said}`)),
    ...renderSiblings(nodes),
    ...renderTls(nodes),
    ...renderUnsafe(nodes, chalk),
    faults === null ? chalk.red("The agent does not answer; `devious up` starts it again.") : renderFaults(faults, chalk, nowMs),
    ...renderLinks(links ?? [], chalk),
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

interface Column {
  readonly title: string;
  readonly cell: (node: NodeStatus) => string;
}

/** Those of a design of the store only where a node has it. */
function columnsFor(nodes: readonly NodeStatus[], chalk: ChalkInstance, nowMs: number): readonly Column[] {
  const isLeaderless = nodes.some(({ store }) => store?.design === "leaderless");
  const isOther = nodes.some(({ store }) => store !== null && store.design === undefined);
  // a cluster of which nothing is known looks as it does by default
  const hasRoles = isOther || !isLeaderless || nodes.some(({ role }) => role !== null);
  const hasAddresses = !nodes.some(hasPorts) || nodes.some((node) => !hasPorts(node) && node.address !== null);
  return [
    { title: "NODE", cell: ({ node }) => node },
    { title: "HEALTH", cell: (node) => healthOf(node, chalk) },
    ...(hasRoles ? [{ title: "ROLE", cell: ({ role }: NodeStatus) => role ?? "-" }] : []),
    ...(isOther || !isLeaderless ? raftColumns : []),
    ...(isLeaderless ? leaderlessColumns(chalk) : []),
    ...(hasAddresses ? [{ title: "ADDRESS", cell: addressOf }] : []),
    {
      title: "UPTIME",
      cell: ({ startedAt }) =>
        startedAt === null ? "-" : formatDuration(Math.floor((nowMs - Date.parse(startedAt)) / 1000) * 1000),
    },
  ];
}

function healthOf({ state, health, store }: NodeStatus, chalk: ChalkInstance): string {
  if (health === "completed") return chalk.green(health);
  const colour = { ready: chalk.green, "no-quorum": chalk.yellow, silent: chalk.red }[health];
  const said = health === "no-quorum" && store?.design === "leaderless" ? "waiting" : health;
  return colour(state === "running" ? said : state);
}

function ofRaft(tell: (store: RaftStatus) => string): Column["cell"] {
  return ({ store }) => (store === null || store.design === "leaderless" ? "-" : tell(store));
}

const raftColumns: readonly Column[] = [
  { title: "TERM", cell: ofRaft(({ term }) => String(term)) },
  { title: "APPLIED", cell: ofRaft(({ applied }) => String(applied)) },
  { title: "LEADER", cell: ofRaft(({ leader }) => leader ?? "-") },
];

/** `OWNS`: partitions. `REACHES`: of how many members how many. `HINTS`: keys for others. `COMPARED`: how long ago at most with each other owner. */
function leaderlessColumns(chalk: ChalkInstance): readonly Column[] {
  const told = (tell: (store: LeaderlessStatus) => string): Column["cell"] => {
    return ({ store }) => (store?.design === "leaderless" ? tell(store) : "-");
  };
  return [
    { title: "REACHES", cell: told((store) => reachesOf(store, chalk)) },
    { title: "OWNS", cell: told(({ owned, partitions }) => `${owned} of ${partitions}`) },
    { title: "KEYS", cell: told(({ keys }) => keys.toLocaleString("en")) },
    { title: "HINTS", cell: told(({ hints }) => hintsOf(hints, chalk)) },
    { title: "COMPARED", cell: told((store) => comparedOf(store, chalk)) },
  ];
}

/** `5 of 5`; of those that it does not reach, which. */
function reachesOf({ members }: LeaderlessStatus, chalk: ChalkInstance): string {
  const missed = members.filter(({ isReachable }) => !isReachable).map(({ name }) => name);
  if (missed.length === 0) return "all";
  return chalk.yellow(
    missed.length <= 2 ? `all but ${missed.join(", ")}` : `${members.length - missed.length} of ${members.length}`,
  );
}

/** `1,204 for n3`, `1,502 for n3, n4`; of more owners, how many. */
function hintsOf(hints: LeaderlessStatus["hints"], chalk: ChalkInstance): string {
  const waiting = Object.entries(hints).filter(([, keys]) => keys > 0);
  if (waiting.length === 0) return "-";
  const keys = waiting.reduce((sum, [, each]) => sum + each, 0);
  const owners = waiting.length <= 2 ? waiting.map(([owner]) => owner).join(", ") : `${waiting.length} nodes`;
  return chalk.yellow(`${keys.toLocaleString("en")} for ${owners}`);
}

function comparedOf({ exchanged, exchangeLagMs }: LeaderlessStatus, chalk: ChalkInstance): string {
  if (exchanged === null) return chalk.red("never");
  return exchangeLagMs === null ? "not yet" : `${formatDuration(Math.ceil(exchangeLagMs / 1000) * 1000)} ago`;
}

/** `siblings in objects read: none in 1,204, 2 in 14, 3 in 1; at most 3`, once a read has found any. */
export function renderSiblings(nodes: readonly Pick<NodeStatus, "store">[]): readonly string[] {
  const all = nodes.flatMap(({ store }) => (store?.design === "leaderless" ? [store.siblings] : []));
  const most = Math.max(0, ...all.map((siblings) => siblings.most));
  if (most < 2) return [];
  const classes = [
    ["1", "none"],
    ["2", "2"],
    ["3", "3"],
    ["5", "4-5"],
    ["10", "6-10"],
    ["more", "more"],
  ] as const;
  const told = classes.flatMap(([name, words]) => {
    const objects = all.reduce((sum, siblings) => sum + siblings[name], 0);
    return objects === 0 ? [] : [`${words} in ${objects.toLocaleString("en")}`];
  });
  return [`siblings in objects read: ${told.join(", ")}; at most ${most.toLocaleString("en")}`];
}

function hasPorts({ ports }: NodeStatus): boolean {
  return Object.keys(ports).length > 1;
}

function addressOf(node: NodeStatus): string {
  return hasPorts(node) ? "below" : (node.address ?? "-");
}

/** Where the ports of nodes with several of them are, as a table of its own: beside all else a line would be too long for a terminal. */
function renderPorts(nodes: readonly NodeStatus[], chalk: ChalkInstance): readonly string[] {
  const several = nodes.filter(hasPorts);
  if (several.length === 0) return [];
  const ports = [...new Set(several.flatMap((node) => Object.keys(node.ports)))].sort((a, b) => Number(a) - Number(b));
  const header = ["NODE", ...ports.map((port) => `PORT ${port}`)].map((title) => chalk.dim(title));
  return [formatTable([header, ...several.map((node) => [node.node, ...ports.map((port) => node.ports[port] ?? "-")])])];
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
