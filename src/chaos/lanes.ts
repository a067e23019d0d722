/**
 * The ways out of a node, and the one into it that begins outside of the cluster, under all active faults. The packets of one link are cut
 * into cells by what the faults on it ask for, protocols and ports; the cells that the same faults cover are one lane, which is treated as
 * those faults together ask.
 */
import type { Peer } from "./desired-state.js";
import type { Fault } from "./fault.js";
import { combine } from "./combine.js";
import type { Impairment } from "./impairment.js";
import type { SlowFault } from "./slow.js";
import { type Protocol, protocols } from "./traffic.js";

/** What everybody who is no peer sends to a node. */
export interface Inbound {
  /** Their packets pass untouched. */
  readonly peers: readonly Peer[];
  readonly lanes: readonly Lane[];
}

/** The way to one peer, or to everybody who is none. */
export interface Link {
  readonly to: Peer | "clients";
  /** A packet belongs to the lane of its most exact cell; one that is in no cell passes untouched. */
  readonly lanes: readonly Lane[];
}

/** Packets that are treated alike. */
export interface Lane {
  readonly cells: readonly Cell[];
  readonly impairment: Impairment;
}

/**
 * Packets by what their headers say. A cell with two ports is more exact than one with a port, that one than a mere protocol, and that one
 * than any traffic; no packet is in two cells that are equally exact.
 */
export interface Cell {
  readonly protocol: Protocol | null;
  /** The source or the destination is one of these; empty: whatever they are. */
  readonly ports: readonly number[];
  /** And the other of the two is one of these; empty: whatever it is. */
  readonly otherPorts: readonly number[];
}

/** Every peer in the order given, then clients, as soon as one link of `node` is impaired; nothing while none is. */
export function linksOf(node: string, faults: readonly Fault[], peers: readonly Peer[]): readonly Link[] {
  const mine = faults.filter((fault) => fault.kind === "slow").filter(({ links }) => links[node] !== undefined);
  if (mine.length === 0) return [];
  // most links are under the same faults
  const known = new Map<string, readonly Lane[]>();
  const lanesUnder = (isHit: (fault: SlowFault) => boolean): readonly Lane[] => {
    const key = mine.map((fault) => (isHit(fault) ? 1 : 0)).join("");
    const lanes = known.get(key) ?? lanesOf(mine.filter(isHit));
    known.set(key, lanes);
    return lanes;
  };
  const links: readonly Link[] = [
    ...peers.map((to) => ({ to, lanes: lanesUnder((fault) => reachesPeer(fault, node, to.name)) })),
    { to: "clients", lanes: lanesUnder(({ links: all }) => all[node]?.clients === true) },
  ];
  return links.some(({ lanes }) => lanes.length > 0) ? links : [];
}

/** What clients send to `node` under these faults; null while none impairs it. */
export function inboundOf(node: string, faults: readonly Fault[], peers: readonly Peer[]): Inbound | null {
  const mine = faults.filter((fault) => fault.kind === "slow").filter(({ links }) => links[node]?.fromClients === true);
  return mine.length === 0 ? null : { peers, lanes: lanesOf(mine) };
}

/** Whether the fault impairs the way from one node to another. */
function reachesPeer({ links }: SlowFault, from: string, to: string): boolean {
  return links[from]?.peers.includes(to) === true;
}

/**
 * The lanes of a link under these faults: all the traffic there can be, cut wherever a fault begins or ends.
 *
 * Every kind of packet is looked at once: each protocol, each group of ports that the same faults name, and each two such groups, because a
 * packet may come from the one and go to the other.
 */
export function lanesOf(faults: readonly SlowFault[]): readonly Lane[] {
  const lanes = new Map<string, { cells: Cell[]; faults: readonly SlowFault[] }>();
  const put = (cell: Cell, covering: readonly SlowFault[]): void => {
    const key = covering.map((fault) => faults.indexOf(fault)).join();
    const lane = lanes.get(key) ?? { cells: [], faults: covering };
    lanes.set(key, lane);
    lane.cells.push(cell);
  };
  const narrow = faults.filter(({ traffic }) => traffic.ports.length > 0);
  const wide = faults.filter(({ traffic }) => traffic.ports.length === 0);
  for (const protocol of ["tcp", "udp"] as const) {
    const groups = portGroups(narrow.filter(({ traffic }) => mayBe(traffic.protocol, protocol)));
    const always = wide.filter(({ traffic }) => mayBe(traffic.protocol, protocol));
    const together = (...some: readonly PortGroup[]) =>
      faults.filter((fault) => always.includes(fault) || some.some((group) => group.faults.includes(fault)));
    for (const [index, group] of groups.entries()) {
      put({ protocol, ports: group.ports, otherPorts: [] }, together(group));
      for (const other of groups.slice(index + 1)) {
        put({ protocol, ports: group.ports, otherPorts: other.ports }, together(group, other));
      }
    }
  }
  for (const protocol of protocols) {
    const covering = wide.filter(({ traffic }) => mayBe(traffic.protocol, protocol));
    if (wide.some(({ traffic }) => traffic.protocol === protocol)) put({ protocol, ports: [], otherPorts: [] }, covering);
  }
  const everywhere = wide.filter(({ traffic }) => traffic.protocol === null);
  if (everywhere.length > 0) put({ protocol: null, ports: [], otherPorts: [] }, everywhere);
  return [...lanes.values()].map((lane) => ({
    cells: lane.cells,
    impairment: combine(lane.faults.map(({ impairment }) => impairment)),
  }));
}

/** Whether packets of this protocol are among those asked for. */
function mayBe(asked: Protocol | null, protocol: Protocol): boolean {
  return asked === null || asked === protocol;
}

/** Ports that the same faults name. */
interface PortGroup {
  readonly ports: readonly number[];
  readonly faults: readonly SlowFault[];
}

function portGroups(faults: readonly SlowFault[]): readonly PortGroup[] {
  const ports = [...new Set(faults.flatMap(({ traffic }) => traffic.ports))].sort((a, b) => a - b);
  const groups = new Map<string, { ports: number[]; faults: readonly SlowFault[] }>();
  for (const port of ports) {
    const naming = faults.filter(({ traffic }) => traffic.ports.includes(port));
    const key = naming.map((fault) => faults.indexOf(fault)).join();
    const group = groups.get(key) ?? { ports: [], faults: naming };
    groups.set(key, group);
    group.ports.push(port);
  }
  return [...groups.values()];
}
