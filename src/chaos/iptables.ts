/**
 * Cuts as one iptables chain of our own, for kernels without nftables (iptables(8), iptables-extensions(8), iptables-restore(8)). The
 * same cut as nft.ts makes, in two halves: one chain for IPv4, one for IPv6. Each half is one transaction; they follow each other within
 * milliseconds.
 */
import { type Family, canonical } from "./address.js";
import type { Drop } from "./desired-state.js";
import { type DropRule, dropRules, everyPacket, neighbourDiscovery, ruleDifference } from "./drop-rules.js";

const chain = "DEVIOUS";
const prefixLength = { v4: 32, v6: 128 } as const;

/** What multiport takes in one rule. */
const portsAtOnce = 15;

/** What `iptables -S` says about our chain. */
export interface ChainState {
  readonly exists: boolean;
  /** How often INPUT jumps to it. */
  readonly hooks: number;
  /** Its rules, without `-A` and its name. */
  readonly rules: readonly string[];
}

/** Reads `iptables -S` or `ip6tables -S`. */
export function parseChain(listing: string): ChainState {
  const lines = listing.split("\n").map((line) => line.trim());
  const rule = `-A ${chain} `;
  return {
    exists: lines.includes(`-N ${chain}`),
    hooks: lines.filter((line) => line === `-A INPUT -j ${chain}`).length,
    rules: lines.filter((line) => line.startsWith(rule)).map((line) => line.slice(rule.length)),
  };
}

/** The text for `iptables-restore --noflush` that turns `current` into these drops; undefined where it already is. */
export function renderIptables(drops: readonly Drop[], family: Family, current: ChainState): string | undefined {
  const rules = rulesOf(drops, family);
  if (rules.length === 0) return current.exists ? removal(current) : undefined;
  if (iptablesDifference(drops, family, current) === undefined) return undefined;
  // declaring a chain that exists empties it
  return restore([
    `:${chain} - [0:0]`,
    ...Array<string>(Math.max(0, current.hooks - 1)).fill(`-D INPUT -j ${chain}`),
    ...(current.hooks === 0 ? [`-I INPUT 1 -j ${chain}`] : []),
    ...rules.map((rule) => `-A ${chain} ${rule}`),
  ]);
}

/** How our chain differs from the drops asked for, in a sentence; undefined where it does not. */
export function iptablesDifference(drops: readonly Drop[], family: Family, current: ChainState): string | undefined {
  const rules = rulesOf(drops, family);
  if (rules.length === 0) return current.exists ? "a chain of ours is left over" : undefined;
  if (current.hooks !== 1) return `INPUT jumps to our chain ${current.hooks} times instead of once`;
  return ruleDifference(rules, current.rules, spelling);
}

function rulesOf(drops: readonly Drop[], family: Family): readonly string[] {
  const rules = dropRules(drops).filter((rule) => rule.family === family);
  const dropped = rules.flatMap((rule) => {
    const from = `-s ${rule.source}/${prefixLength[family]}`;
    const chance = (rule.millionths / everyPacket).toFixed(6);
    const draw = rule.millionths === everyPacket ? "" : ` -m statistic --mode random --probability ${chance}`;
    return matchesOf(rule).map((match) => `${from}${match}${draw} -j DROP`);
  });
  if (family === "v4" || rules.length === 0) return dropped;
  return [...neighbourDiscovery.map(([type]) => `-p ipv6-icmp -m icmp6 --icmpv6-type ${type} -j RETURN`), ...dropped];
}

function matchesOf({ family, protocol, ports }: DropRule): readonly string[] {
  if (protocol === null) return [""];
  const name = protocol === "icmp" && family === "v6" ? "ipv6-icmp" : protocol;
  if (ports.length === 0) return [` -p ${name}`];
  return chunksOf(ports).map((chunk, index, chunks) => {
    // a packet from a port of one rule to a port of another must not be drawn for twice
    const before = chunks.slice(0, index).map((earlier) => ` -m multiport ! --ports ${earlier.join(",")}`);
    return ` -p ${name}${before.join("")} -m multiport --ports ${chunk.join(",")}`;
  });
}

function chunksOf(ports: readonly number[]): readonly (readonly number[])[] {
  const count = Math.ceil(ports.length / portsAtOnce);
  return Array.from({ length: count }, (_, at) => ports.slice(at * portsAtOnce, (at + 1) * portsAtOnce));
}

function removal(current: ChainState): string {
  return restore([`:${chain} - [0:0]`, ...Array<string>(current.hooks).fill(`-D INPUT -j ${chain}`), `-X ${chain}`]);
}

function restore(lines: readonly string[]): string {
  return ["*filter", ...lines, "COMMIT", ""].join("\n");
}

/** A rule without what the kernel may write differently: the address's spelling, and the last digits of 31 bits of probability. */
function spelling(rule: string): string {
  return rule
    .replace(/-s (\S+)\/(?:32|128)(?= )/, (_, address: string) => `-s ${canonical(address)}`)
    .replace(/--probability (\S+)/, (_, chance: string) => `--probability ${Number(chance).toFixed(6)}`);
}
