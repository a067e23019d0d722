/** Which subnets new networks can have: of the engine's address pools, and beside them. Pure. */
import type { Prng } from "../core/prng.js";

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

/** Private ranges (RFC 1918), the largest first, and how small a part of one a cluster does with. */
const privateRanges = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"];
const prefixLengths = [24, 27];

/**
 * A small private subnet that overlaps with none in use; undefined where there is none. It is searched for from a place that `prng` draws, so that
 * clusters which are made side by side do not all come to the same one.
 */
export function proposeSubnet(inUse: readonly string[], prng: Pick<Prng, "int">): string | undefined {
  const taken = inUse.flatMap((subnet) => rangeOf(subnet) ?? []);
  for (const bits of prefixLengths) {
    const length = 2 ** (32 - bits);
    for (const base of privateRanges) {
      const range = rangeOf(base) as Range;
      const places = (range.last - range.first + 1) / length;
      const start = prng.int(0, places - 1);
      for (let i = 0; i < places; i++) {
        const first = range.first + ((start + i) % places) * length;
        if (!taken.some((each) => each.first <= first + length - 1 && first <= each.last)) return `${addressOf(first)}/${bits}`;
      }
    }
  }
  return undefined;
}

/** A prefix this short stands for all the world, as the halves by which a VPN takes the default route. */
const shortestPrefix = 8;

/** The subnets that Linux has routes to, out of `/proc/net/route`: addresses and masks are hexadecimal, their lowest byte first. */
export function routedSubnets(table: string): readonly string[] {
  return table
    .split("\n")
    .slice(1)
    .flatMap((line) => {
      const [, destination, , , , , , mask] = line.split(/\s+/);
      if (destination === undefined || mask === undefined) return [];
      const bits = parseInt(mask, 16).toString(2).replaceAll("0", "").length;
      return bits < shortestPrefix ? [] : `${addressOf(Buffer.from(destination, "hex").readUInt32LE())}/${bits}`;
    });
}

function addressOf(number: number): string {
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join(".");
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
