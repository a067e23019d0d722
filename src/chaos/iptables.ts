/**
 * Cuts as one iptables chain of our own, for kernels without nftables (iptables(8), iptables-restore(8)). The same cut as nft.ts
 * makes, in two halves: one chain for IPv4, one for IPv6. Each half is one transaction; they follow each other within milliseconds.
 */
import { canonical } from "./address.js";
import type { Peer } from "./desired-state.js";

export type Family = "v4" | "v6";

const chain = "DEVIOUS";
const prefixLength = { v4: 32, v6: 128 } as const;

/** What `iptables -S` says about our chain. */
export interface ChainState {
  readonly exists: boolean;
  /** How often INPUT jumps to it. */
  readonly hooks: number;
  /** Sources it drops, in order. */
  readonly sources: readonly string[];
}

/** Reads `iptables -S` or `ip6tables -S`. */
export function parseChain(listing: string): ChainState {
  const lines = listing.split("\n").map((line) => line.trim());
  const drop = new RegExp(`^-A ${chain} -s ([^ /]+)(?:/\\d+)? -j DROP$`);
  return {
    exists: lines.includes(`-N ${chain}`),
    hooks: lines.filter((line) => line === `-A INPUT -j ${chain}`).length,
    sources: lines.flatMap((line) => drop.exec(line)?.[1] ?? []),
  };
}

/** The text for `iptables-restore --noflush` that turns `current` into this cut; undefined where it already is. */
export function renderIptables(unheard: readonly Peer[], family: Family, current: ChainState): string | undefined {
  const sources = unheard.flatMap(({ addresses }) => addresses[family]);
  if (sources.length === 0) return current.exists ? removal(current) : undefined;
  if (current.hooks === 1 && spelling(current.sources) === spelling(sources)) return undefined;
  const drops = sources.map((source) => `-A ${chain} -s ${source}/${prefixLength[family]} -j DROP`);
  // declaring a chain that exists empties it
  return restore([`:${chain} - [0:0]`, ...(current.hooks === 0 ? [`-I INPUT 1 -j ${chain}`] : []), ...drops]);
}

function removal(current: ChainState): string {
  return restore([`:${chain} - [0:0]`, ...Array<string>(current.hooks).fill(`-D INPUT -j ${chain}`), `-X ${chain}`]);
}

function restore(lines: readonly string[]): string {
  return ["*filter", ...lines, "COMMIT", ""].join("\n");
}

function spelling(addresses: readonly string[]): string {
  return addresses.map(canonical).sort().join(" ");
}
