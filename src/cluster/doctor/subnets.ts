/** How many more networks the engine can make before its address pools are used up. Pure. */

export interface Pool {
  /** `172.17.0.0/16` */
  readonly base: string;
  /** Prefix length of the subnets taken out of it. */
  readonly size: number;
}

/** What engines go by that were told nothing else (Docker, "default-address-pools"). */
const defaultPools: readonly Pool[] = [
  { base: "172.17.0.0/16", size: 16 },
  { base: "172.18.0.0/16", size: 16 },
  { base: "172.19.0.0/16", size: 16 },
  { base: "172.20.0.0/14", size: 16 },
  { base: "172.24.0.0/14", size: 16 },
  { base: "172.28.0.0/14", size: 16 },
  { base: "192.168.0.0/16", size: 20 },
];

interface Range {
  readonly first: number;
  /** Included. */
  readonly last: number;
}

/**
 * Subnets of the pools (none: the engine's own defaults) that overlap with none in use. `inUse` are those of the engine's networks and, where
 * known, of the machine itself: engines keep away from both. IPv4 alone, because every network has IPv4. Counts to `enough`, no further.
 */
export function freeSubnets(pools: readonly Pool[], inUse: readonly string[], enough: number): number {
  const taken = inUse.flatMap((subnet) => rangeOf(subnet) ?? []);
  let free = 0;
  for (const { base, size } of pools.length === 0 ? defaultPools : pools) {
    const range = rangeOf(base);
    if (range === undefined) continue;
    const length = 2 ** (32 - size);
    for (let first = range.first; first + length - 1 <= range.last; first += length) {
      if (taken.some((each) => each.first <= first + length - 1 && first <= each.last)) continue;
      free++;
      if (free === enough) return free;
    }
  }
  return free;
}

/** The addresses of an IPv4 subnet as numbers; undefined for anything else. */
function rangeOf(subnet: string): Range | undefined {
  const [, a, b, c, d, bits] = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(subnet) ?? [];
  if (bits === undefined || Number(bits) > 32) return undefined;
  const length = 2 ** (32 - Number(bits));
  const address = [a, b, c, d].reduce((sum, byte) => sum * 256 + Number(byte), 0);
  const first = address - (address % length);
  return { first, last: first + length - 1 };
}
