/** Probes: packets of our own that are sent from one node's network namespace to another's to feel what the link does to them. */
import type { Family } from "./address.js";
import type { Traffic } from "./traffic.js";

/** What rules can tell of a probe's packets. */
export interface Packet {
  readonly protocol: "udp" | "tcp";
  /** Where they go; null: to a port that no fault names. */
  readonly port: number | null;
}

/** From one node to another: faults have directions, so have links. */
export interface DirectedLink {
  readonly from: string;
  readonly to: string;
}

/** A stream of probes over one link. */
export interface Probe {
  readonly link: DirectedLink;
  readonly family: Family;
  readonly packet: Packet;
  /** Packets; of tcp, connections. */
  readonly count: number;
  readonly spacingMs: number;
  /** Of each packet, without its headers; tcp's have none. */
  readonly payloadBytes: number;
  /** So many leave at once, the others after them. */
  readonly atOnce: number;
}

/** What became of the packets, in the order of their arrival; of tcp, which connections were made. */
export interface Seen {
  readonly sent: number;
  /** From the first packet that was sent to the last. */
  readonly tookMs: number;
  readonly arrivals: readonly Arrival[];
}

export interface Arrival {
  /** Counted from 0 by the sender. */
  readonly number: number;
  /** When, on a clock that both ends share. */
  readonly atMs: number;
  /** One way; of tcp, there and back. */
  readonly delayMs: number;
}

/** Headers of a probe on the wire, Ethernet's included: what a rate counts besides the payload. */
export const headerBytes: Readonly<Record<Family, number>> = { v4: 14 + 20 + 8, v6: 14 + 40 + 8 };

/** A packet that this traffic means; undefined where no probe can send one. */
export function packetOf({ protocol, ports }: Traffic): Packet | undefined {
  return protocol === "icmp" ? undefined : { protocol: protocol ?? "udp", port: ports[0] ?? null };
}

/** Whether the traffic means this packet, and what is answered to it. */
export function isMeant({ protocol, ports }: Traffic, packet: Packet): boolean {
  return (
    (protocol === null || protocol === packet.protocol) &&
    (ports.length === 0 || (packet.port !== null && ports.includes(packet.port)))
  );
}

export function describeLink({ from, to }: DirectedLink, packet: Packet, family: Family): string {
  const over = [
    ...(packet.protocol === "tcp" ? ["tcp"] : []),
    ...(packet.port === null ? [] : [`port ${packet.port}`]),
    ...(family === "v6" ? ["IPv6"] : []),
  ];
  return `${from} -> ${to}${over.length === 0 ? "" : ` (${over.join(" ")})`}`;
}
