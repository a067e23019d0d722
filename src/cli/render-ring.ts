import type { ChalkInstance } from "chalk";
import type { ClusterRing, SeenMember, WaitingHints } from "../cluster/ring/cluster-ring.js";
import { formatObjectName } from "../cluster/keys/object-name.js";
import type { Whereabouts } from "../cluster/ring/whereabouts.js";
import type { RingChange, RingPlan, RingTransfer } from "../core/ring-contract.js";
import { unreachable } from "../core/invariant.js";
import { drawCells, paintOf, signsOf } from "./ring-cells.js";
import type { Paper } from "./ring-cells.js";
import { formatTable } from "./table.js";

/** The ring, who is in it, and all that is on its way: what is not, takes no line. */
export function renderRing(ring: ClusterRing, paper: Paper): string {
  const { chalk } = paper;
  const members = ring.members.map(({ name }) => name);
  const troubled = new Set(ring.members.filter((member) => isTroubled(member, ring)).map(({ name }) => name));
  return [
    headOf(ring, chalk),
    "",
    ...drawCells({ owners: ring.owners, nextOwners: ring.nextOwners, members, troubled }, paper),
    ...(troubled.size === 0 ? [] : [chalk.dim("! is before an owner that is down, or that somebody cannot reach")]),
    "",
    renderMembers(ring, chalk),
    ...renderViews(ring, chalk),
    ...renderHints(ring.hints, chalk),
    ...renderTransfers(ring.transfers, chalk),
    ...renderStaged(ring, chalk),
  ].join("\n");
}

/** `demo · 64 partitions · n 3 · ring 2@n1, on the way to 3@n4` */
function headOf({ cluster, owners, n, ring, nextRing }: ClusterRing, chalk: ChalkInstance): string {
  const way = nextRing === null ? "" : `, on the way to ${nextRing}`;
  return `${chalk.bold(cluster)} · ${owners.length} partitions · n ${n} · ring ${ring}${way}`;
}

function isTroubled({ name, status, unreachableFor }: SeenMember, { silent }: ClusterRing): boolean {
  return status === "down" || unreachableFor.length > 0 || silent.some(({ node }) => node === name);
}

function renderMembers(ring: ClusterRing, chalk: ChalkInstance): string {
  const signs = signsOf(ring.members.map(({ name }) => name));
  const header = ["", "MEMBER", "STATUS", "OWNS", "NODE", "REACHED BY"].map((title) => chalk.dim(title));
  const rows = ring.members.map((member, i) => {
    const { name, status, partitions, nextPartitions } = member;
    const silent = ring.silent.find(({ node }) => node === name);
    return [
      paintOf(chalk, i)(` ${signs.get(name)} `),
      name,
      status === "valid" ? chalk.green(status) : chalk.yellow(status),
      nextPartitions === partitions ? String(partitions) : `${partitions} -> ${nextPartitions}`,
      silent === undefined ? chalk.green("answers") : chalk.red(silent.state === "running" ? "silent" : silent.state),
      reachedBy(member, ring, chalk),
    ];
  });
  return formatTable([header, ...rows]);
}

/** Of those that answer, without itself: nodes see that by themselves, and may see it differently. */
function reachedBy({ name, unreachableFor, asked }: SeenMember, { views }: ClusterRing, chalk: ChalkInstance): string {
  if (asked === 0) return "-";
  if (unreachableFor.length === 0) return "all";
  if (unreachableFor.length === asked) return chalk.red("nobody");
  const reaching = views.flatMap(({ nodes }) => nodes).filter((node) => node !== name && !unreachableFor.includes(node));
  return chalk.yellow(`${inOrder(reaching)}, not by ${inOrder(unreachableFor)}`);
}

/** Where nodes know other rings, that; where they know the same ring and other news of it, that gossip is on its way. */
function renderViews({ views }: ClusterRing, chalk: ChalkInstance): readonly string[] {
  const [shown, ...others] = views;
  const [by] = shown?.nodes ?? [];
  if (shown === undefined || others.length === 0) return [];
  if (others.every(({ ring, nextRing }) => ring === shown.ring && nextRing === shown.nextRing)) {
    const late = others.flatMap(({ nodes }) => nodes);
    return [
      "",
      chalk.dim(`${inOrder(late)} ${verb(late, "have", "has")} heard other news of this ring than ${by}, which is shown.`),
    ];
  }
  const told = views.map(({ nodes, ring, nextRing }) => {
    return `${inOrder(nodes)} ${verb(nodes, "know", "knows")} ${nextRing === null ? ring : `${nextRing} to come`}`;
  });
  return ["", chalk.yellow(`The nodes do not know the same ring: ${told.join("; ")}. Shown is what ${by} knows.`)];
}

function renderHints(hints: readonly WaitingHints[], chalk: ChalkInstance): readonly string[] {
  if (hints.length === 0) return [];
  const rows = hints.map(({ keptBy, owner, keys }) => [chalk.yellow(owner), keptBy, counted(keys, "key")]);
  return ["", formatTable([["HINTS FOR", "KEPT BY", ""].map((title) => chalk.dim(title)), ...rows])];
}

/** By who hands over to whom: a bar, partitions, keys. */
function renderTransfers(transfers: readonly RingTransfer[], chalk: ChalkInstance): readonly string[] {
  if (transfers.length === 0) return [];
  const pairs = new Map<string, RingTransfer[]>();
  for (const transfer of transfers) {
    const pair = `${transfer.from ?? "nobody"} -> ${transfer.to}`;
    pairs.set(pair, [...(pairs.get(pair) ?? []), transfer]);
  }
  const rows = [...pairs].map(([pair, all]) => {
    const done = all.filter(({ state }) => state === "done").length;
    const running = all.filter(({ state }) => state === "running");
    const moved = running.reduce((sum, transfer) => sum + transfer.moved, 0);
    const total = running.reduce((sum, transfer) => sum + transfer.total, 0);
    const share = (done + running.reduce((sum, one) => sum + one.moved / Math.max(1, one.moved, one.total), 0)) / all.length;
    const now =
      running.length === 0 ? "" : `${moved.toLocaleString("en")} of ${total.toLocaleString("en")} keys of ${running.length}`;
    return [pair, bar(share, chalk), `${done} of ${all.length}`, now];
  });
  const titles = ["HANDOFF", "", "PARTITIONS", "RUNNING"].map((title) => chalk.dim(title));
  return ["", formatTable([titles, ...rows])];
}

const barColumns = 16;

function bar(share: number, chalk: ChalkInstance): string {
  const full = Math.floor(share * barColumns);
  return chalk.green("█".repeat(full)) + chalk.dim("·".repeat(barColumns - full));
}

function renderStaged({ staged, plan, planProblem }: ClusterRing, chalk: ChalkInstance): readonly string[] {
  if (staged.length === 0) return [];
  return [
    "",
    `staged: ${staged.map((change) => chalk.yellow(describeChange(change))).join(", ")}`,
    ...(planProblem === null ? [] : [chalk.red(`It cannot be committed: ${planProblem}.`)]),
    ...(plan === null ? [] : renderPlan(plan, chalk)),
  ];
}

/** What a commit would do. */
export function renderPlan({ id, moves, fewestMoves, members }: RingPlan, chalk: ChalkInstance): readonly string[] {
  const fewest = moves === fewestMoves ? "the fewest that can" : `${fewestMoves} would be the fewest`;
  const shares = members
    .filter(({ before, after }) => before !== after)
    .map(({ name, before, after }) => `${name} ${before} -> ${after}`);
  return [
    `plan ${chalk.bold(id)}: ${counted(moves, "partition")} move${moves === 1 ? "s" : ""} (${fewest})${shares.length === 0 ? "" : `: ${shares.join(", ")}`}`,
    chalk.dim(`devious ring commit ${id} carries it out; devious ring clear forgets it`),
  ];
}

/** `users/ada: partition 37 of 64`, and its owners, one a line. */
export function renderWhere(where: Whereabouts, chalk: ChalkInstance): string {
  const { partition, partitions, owners, nextOwners } = where;
  const rows = owners.map(({ member, unreachableFor, standIn }, i) => [
    String(i + 1),
    chalk.bold(member),
    unreachableFor.length === 0 ? "" : chalk.yellow(`not reached by ${inOrder(unreachableFor)}`),
    standIn === null ? "" : `${standIn} stands in`,
  ]);
  const next = nextOwners === null || nextOwners.length === 0 ? [] : [chalk.dim(`to come: ${nextOwners.join(", ")}`)];
  return [`${formatObjectName(where)}: partition ${partition} of ${partitions}`, formatTable(rows), ...next].join("\n");
}

/** `n6 joins` · `n1 is replaced by n6` */
export function describeChange(change: RingChange): string {
  switch (change.kind) {
    case "join":
      return `${change.member} joins`;
    case "leave":
      return `${change.member} leaves`;
    case "force-remove":
      return `${change.member} is removed by force`;
    case "replace":
      return `${change.member} is replaced by ${change.by}`;
    case "force-replace":
      return `${change.member} is replaced by ${change.by}, by force`;
    default:
      return unreachable(change);
  }
}

function counted(count: number, what: string): string {
  return `${count.toLocaleString("en")} ${what}${count === 1 ? "" : "s"}`;
}

function verb(subjects: readonly string[], plural: string, singular: string): string {
  return subjects.length === 1 ? singular : plural;
}

function inOrder(nodes: readonly string[]): string {
  return [...nodes].sort((a, b) => a.localeCompare(b, "en", { numeric: true })).join(", ");
}
