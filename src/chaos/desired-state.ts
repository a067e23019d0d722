/**
 * What one node should look like, from the whole set of active faults. Never from one fault: the second must not undo the first, and
 * healing one must leave the other as it was.
 */
import type { StoreHooks } from "../core/store-hooks.js";
import type { Addresses } from "./address.js";
import type { ActiveFault, Fault } from "./fault.js";
import { combineHooks } from "./hooks.js";
import type { Signal } from "./kill.js";
import { type Inbound, type Link, inboundOf, linksOf } from "./lanes.js";
import type { Traffic } from "./traffic.js";

/** Another node of the cluster, at its addresses of this moment. */
export interface Peer {
  readonly name: string;
  readonly addresses: Addresses;
}

/** Packets from `peer` that are dropped on arrival: this traffic, so many of a hundred. */
export interface Drop {
  readonly peer: Peer;
  readonly traffic: Traffic;
  readonly percent: number;
}

/** How a node was, or is to be, brought down. */
export type Down = { readonly by: "kill"; readonly signal: Signal } | { readonly by: "stop"; readonly graceMs: number };

/** Null: as it was made. */
export interface Limits {
  readonly cpus: number | null;
  readonly memoryBytes: number | null;
}

export interface DesiredState {
  readonly paused: boolean;
  /** Null: the node runs. */
  readonly down: Down | null;
  readonly drops: readonly Drop[];
  /** Every peer, sorted by name, then clients, as soon as one link is impaired; none while none is. */
  readonly links: readonly Link[];
  /** What clients send to it; null while it is not impaired. */
  readonly inbound: Inbound | null;
  readonly limits: Limits;
  readonly hooks: StoreHooks;
}

/** The state `node` should be in under `faults`. `peers` are the other nodes; one without addresses is not running. */
export function desiredState(node: string, faults: readonly ActiveFault[], peers: readonly Peer[]): DesiredState {
  const sorted = [...peers].sort((a, b) => (a.name < b.name ? -1 : 1));
  const mine = faults.map(({ fault }) => fault);
  const onNode = mine.filter((fault) => "nodes" in fault && fault.nodes.includes(node));
  return {
    paused: onNode.some(({ kind }) => kind === "pause"),
    down: downOf(node, faults),
    drops: dropsOf(node, mine, sorted),
    links: linksOf(node, mine, sorted),
    inbound: inboundOf(node, mine, sorted),
    limits: limitsOf(onNode),
    hooks: combineHooks(onNode.filter((fault) => fault.kind === "disk" || fault.kind === "clock")),
  };
}

/** How `node` is to be brought down. The first to do so had its way; a kill after a stop finds nothing to kill. */
export function downOf(node: string, faults: readonly ActiveFault[]): Down | null {
  for (const { fault } of faults) {
    if (!("nodes" in fault) || !fault.nodes.includes(node)) continue;
    if (fault.kind === "wipe") return { by: "kill", signal: "KILL" };
    if (fault.kind === "kill") return { by: "kill", signal: fault.signal };
    // a restart is a stop for as long as it is in the ledger
    if (fault.kind === "stop" || fault.kind === "restart") return { by: "stop", graceMs: fault.graceMs };
  }
  return null;
}

/** Whether `node` is to find its disk empty when it starts next. */
export function losesDisk(node: string, faults: readonly ActiveFault[]): boolean {
  return faults.some(({ fault }) => fault.kind === "wipe" && fault.nodes.includes(node));
}

/** The tightest limit wins. */
function limitsOf(faults: readonly Fault[]): Limits {
  const cpus = faults.flatMap((fault) => (fault.kind === "cpu" ? [fault.cpus] : []));
  const bytes = faults.flatMap((fault) => (fault.kind === "memory" ? [fault.bytes] : []));
  return {
    cpus: cpus.length === 0 ? null : Math.min(...cpus),
    memoryBytes: bytes.length === 0 ? null : Math.min(...bytes),
  };
}

function dropsOf(node: string, faults: readonly Fault[], peers: readonly Peer[]): readonly Drop[] {
  return peers.flatMap((peer) =>
    faults.flatMap((fault) =>
      fault.kind === "partition" && (fault.grudge[node] ?? []).includes(peer.name)
        ? [{ peer, traffic: fault.traffic, percent: fault.percent }]
        : [],
    ),
  );
}
