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
 * How the rules found differ from those wanted, each in the tool's own words, in whatever order; undefined where they do not. `spelling`
 * leaves out of a rule what the kernel may write in another way.
 */
export function ruleDifference(
  wanted: readonly string[],
  found: readonly string[],
  spelling: (rule: string) => string,
): string | undefined {
  const left = wanted.map((rule) => ({ rule, spelt: spelling(rule) }));
  for (const rule of found) {
    const spelt = spelling(rule);
    const at = left.findIndex((each) => each.spelt === spelt);
    if (at < 0) return `there is a rule that nobody asked for: ${rule}`;
    left.splice(at, 1);
  }
  return left[0] === undefined ? undefined : `a rule is missing: ${left[0].rule}`;
}
