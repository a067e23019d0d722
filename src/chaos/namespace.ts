/**
 * What one node should look like, from the whole set of active faults. Never from one fault: the second must not undo the first, and
 * healing one must leave the other as it was.
 */
import type { Addresses } from "./address.js";
import type { DelayFault } from "./delay.js";
import type { ActiveFault } from "./fault.js";
import { union } from "./grudge.js";

/** Another node of the cluster, at its addresses of this moment. */
export interface Peer {
  readonly name: string;
  readonly addresses: Addresses;
}

/** How packets to one peer are held back (tc-netem(8)). */
export interface Netem {
  readonly delayMs: number;
  readonly jitterMs: number;
  readonly distribution: DelayFault["distribution"];
}

/** The way to one peer; `netem: null` leaves it as it is. */
export interface Link {
  readonly peer: Peer;
  readonly netem: Netem | null;
}

export interface DesiredState {
  readonly paused: boolean;
  /** Peers whose packets are dropped on arrival. */
  readonly unheard: readonly Peer[];
  /** Every peer, sorted by name, as soon as one of them is slowed; none while none is. */
  readonly links: readonly Link[];
}

export const untouched: DesiredState = { paused: false, unheard: [], links: [] };

/** The state `node` should be in under `faults`. `peers` are the other nodes; one without addresses is not running. */
export function desiredState(node: string, faults: readonly ActiveFault[], peers: readonly Peer[]): DesiredState {
  const sorted = [...peers].sort((a, b) => (a.name < b.name ? -1 : 1));
  const netem = netemOf(node, faults);
  return {
    paused: faults.some(({ fault }) => fault.kind === "pause" && fault.nodes.includes(node)),
    unheard: unheardBy(node, faults, sorted),
    links: netem === null ? [] : sorted.map((peer) => ({ peer, netem })),
  };
}

function unheardBy(node: string, faults: readonly ActiveFault[], peers: readonly Peer[]): readonly Peer[] {
  const grudge = union(faults.flatMap(({ fault }) => (fault.kind === "partition" ? [fault.grudge] : [])));
  const names = new Set(grudge[node] ?? []);
  return peers.filter((peer) => names.has(peer.name));
}

/** Delays add up; the widest jitter lends its shape to the sum. */
function netemOf(node: string, faults: readonly ActiveFault[]): Netem | null {
  const delays = faults.flatMap(({ fault }) => (fault.kind === "delay" && fault.nodes.includes(node) ? [fault] : []));
  const [first] = delays;
  if (first === undefined) return null;
  const widest = delays.reduce((a, b) => (b.jitterMs > a.jitterMs ? b : a), first);
  return {
    delayMs: delays.reduce((sum, delay) => sum + delay.delayMs, 0),
    jitterMs: delays.reduce((sum, delay) => sum + delay.jitterMs, 0),
    distribution: widest.distribution,
  };
}
