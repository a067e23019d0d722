/**
 * What a node's drops come to, rule by rule: the same for every tool that can cut. A rule drops what it matches or draws whether to; the
 * next rule draws for itself, so two flaky faults of one link lose more than one of them.
 */
import type { Family } from "./address.js";
import type { Drop } from "./desired-state.js";
import { type Protocol, traffic } from "./traffic.js";

/** Packets that arrive from one address. */
export interface DropRule {
  readonly family: Family;
  readonly source: string;
  /** Whose address it is. */
  readonly peer: string;
  readonly protocol: Protocol | null;
  /** Matched as source or destination; empty: whatever the port. Only tcp and udp have some. */
  readonly ports: readonly number[];
  /** How many of a million packets are dropped, from 1 to {@link everyPacket}: finer than any measurement, and whole for the kernel. */
  readonly millionths: number;
}

export const everyPacket = 1_000_000;

/**
 * Neighbour discovery (RFC 4861) as (type, what nft calls it): it is to IPv6 what ARP is to IPv4, which no IP rule sees. Without it a node
 * that does not hear another could not speak to it either, and no cut were one-way.
 */
export const neighbourDiscovery = [
  [135, "nd-neighbor-solicit"],
  [136, "nd-neighbor-advert"],
] as const;

/** In the order of the drops; a rule that drops every packet stands once however often it is asked for. */
export function dropRules(drops: readonly Drop[]): readonly DropRule[] {
  const certain = new Set<string>();
  return drops.flatMap(rulesOf).filter((rule) => {
    if (rule.millionths < everyPacket) return true;
    const spelling = JSON.stringify(rule);
    return !certain.has(spelling) && certain.add(spelling).size > 0;
  });
}

function rulesOf({ peer, traffic: asked, percent }: Drop): readonly DropRule[] {
  const { protocol, ports } = traffic(asked.protocol, asked.ports);
  // ports without a protocol are those of both protocols that have ports
  const protocols = protocol === null && ports.length > 0 ? (["tcp", "udp"] as const) : [protocol];
  const millionths = Math.min(everyPacket, Math.max(1, Math.round(percent * 10_000)));
  return (["v4", "v6"] as const).flatMap((family) =>
    peer.addresses[family].flatMap((source) =>
      protocols.map((each) => ({ family, source, peer: peer.name, protocol: each, ports, millionths })),
    ),
  );
}

/**
 * How the rules found differ from those wanted, each in the tool's own words and in order; undefined where they do not. `spelling` leaves
 * out of a rule what the kernel may write in another way.
 */
export function ruleDifference(
  wanted: readonly string[],
  found: readonly string[],
  spelling: (rule: string) => string,
): string | undefined {
  for (let at = 0; at < Math.max(wanted.length, found.length); at++) {
    const [asked, there] = [wanted[at], found[at]];
    if (asked === undefined) return `there is a rule that nobody asked for: ${there}`;
    if (there === undefined) return `a rule is missing: ${asked}`;
    if (asked !== there && spelling(asked) !== spelling(there)) return `instead of the rule ${asked} there is ${there}`;
  }
  return undefined;
}
