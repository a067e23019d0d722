import type { Protocol } from "../../src/chaos/traffic.js";

/** What decides the fate of a packet on arrival. */
export interface Packet {
  readonly source: string;
  readonly protocol: Protocol | "esp";
  /** Both 0 where the protocol has none. */
  readonly sport: number;
  readonly dport: number;
  /** ICMP's; 0 for other protocols. */
  readonly type: number;
}

/** One rule as it was read: what it matches, and how often it then has its verdict (0 to 1). */
export interface ReadRule {
  readonly matches: (packet: Packet) => boolean;
  readonly verdict: "pass" | "drop";
  readonly chance: number;
}

/** The probability that the packet is dropped, each rule drawing for itself until one of them decides. */
export function dropChance(rules: readonly ReadRule[], packet: Packet): number {
  let [undecided, dropped] = [1, 0];
  for (const { matches, verdict, chance } of rules) {
    if (!matches(packet)) continue;
    if (verdict === "drop") dropped += undecided * chance;
    undecided *= 1 - chance;
  }
  return dropped;
}
