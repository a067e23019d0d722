import type { Protocol } from "../../src/chaos/traffic.js";

/** What decides the fate of a packet on arrival. */
export interface Packet {
  readonly source: string;
  readonly protocol: Protocol | "esp";
  /** Both 0 where the protocol has none. */
  readonly sport: number;
  readonly dport: number;
}

/** One rule as it was read: what it matches, and how often it then drops (0 to 1). */
export interface ReadRule {
  readonly matches: (packet: Packet) => boolean;
  readonly chance: number;
}

/** The probability that none of the rules lets the packet pass, each drawing for itself. */
export function dropChance(rules: readonly ReadRule[], packet: Packet): number {
  return 1 - rules.reduce((passes, rule) => (rule.matches(packet) ? passes * (1 - rule.chance) : passes), 1);
}
