/**
 * Makes links bad: slow, lossy, doubling, garbling, disordered, narrow (tc-netem(8)). A link has a direction, and what happens to it
 * happens where its packets leave: in the sender's own network namespace. Clients have none of ours, so what they send is mistreated where
 * it arrives.
 */
import { type Impairment, describeImpairment, problemsWithImpairment } from "./impairment.js";
import { type Traffic, describeTraffic, isAnyTraffic, problemsWithTraffic } from "./traffic.js";

/** Node -> the links that are mistreated in its namespace. Nodes that nothing happens in are left out. */
export type Links = Readonly<Record<string, Receivers>>;

export interface Receivers {
  /** Other nodes, in order. */
  readonly peers: readonly string[];
  /** Everybody who is not a node of the cluster: clients on this machine above all. */
  readonly clients: boolean;
  /** Everybody who is not a node of the cluster, on the way to this node. */
  readonly fromClients: boolean;
}

export interface SlowFault {
  readonly kind: "slow";
  /** Whom it was meant for; the senders may be others. */
  readonly nodes: readonly string[];
  readonly links: Links;
  /** The links in words, e.g. `n2 -> peers`: a matrix is hard to read. */
  readonly where: string;
  readonly impairment: Impairment;
  readonly traffic: Traffic;
}

export const directions = ["to", "from", "both"] as const;
/** As seen from the nodes meant: what reaches them, what they send, or both. */
export type Direction = (typeof directions)[number];

/** At the other end of the links: the other nodes, everybody else, both, or these nodes. */
export type Audience = "peers" | "clients" | "all" | readonly string[];

/** All links between `nodes` and `audience` in this direction, `cluster` being all nodes there are. */
export function linksBetween(
  nodes: readonly string[],
  audience: Audience,
  direction: Direction,
  cluster: readonly string[],
): Links {
  const peers = typeof audience === "string" ? (audience === "clients" ? [] : cluster) : audience;
  const clients = audience === "clients" || audience === "all";
  const isHit = (sender: string, receiver: string): boolean =>
    sender !== receiver &&
    ((direction !== "to" && nodes.includes(sender) && peers.includes(receiver)) ||
      (direction !== "from" && nodes.includes(receiver) && peers.includes(sender)));
  return Object.fromEntries(
    cluster.flatMap((sender) => {
      const receivers: Receivers = {
        peers: cluster.filter((receiver) => isHit(sender, receiver)),
        clients: clients && direction !== "to" && nodes.includes(sender),
        fromClients: clients && direction !== "from" && nodes.includes(sender),
      };
      return receivers.peers.length > 0 || receivers.clients || receivers.fromClients ? [[sender, receivers]] : [];
    }),
  );
}

export function mannerOfSlow({ impairment, traffic }: SlowFault): string {
  return `: ${describeImpairment(impairment)}${isAnyTraffic(traffic) ? "" : ` (${describeTraffic(traffic)})`}`;
}

/** Nodes whose own namespaces change. */
export function sendersOf({ links }: SlowFault): readonly string[] {
  return Object.keys(links);
}

export function problemsWithSlow({ links, where, impairment, traffic }: SlowFault): readonly string[] {
  return [
    ...(Object.keys(links).length === 0 ? [`There is no link ${where}.`] : []),
    ...problemsWithImpairment(impairment),
    ...problemsWithTraffic(traffic),
  ];
}
