/**
 * Cuts as one nftables table of our own (nft(8)). The `inet` family sees IPv4 and IPv6, so no cut leaks through the other one. Packets
 * are dropped where they arrive: the sender notices nothing, and a one-way cut is one table instead of two.
 */
import { canonical } from "./address.js";
import type { Peer } from "./desired-state.js";

/** The table, as nft's commands name it. */
export const nftTable = ["inet", "devious"] as const;

const table = `table ${nftTable.join(" ")}`;

/**
 * The transaction that makes our table exactly this cut, whatever it was before: `table` before `delete table` so that deleting
 * never fails. Without anybody unheard no table is left.
 */
export function renderNft(unheard: readonly Peer[]): string {
  const replace = `${table}\ndelete ${table}\n`;
  const rules = unheard.flatMap((peer) => [
    ...peer.addresses.v4.map((address) => `    ip saddr ${address} counter drop comment "${peer.name}"\n`),
    ...peer.addresses.v6.map((address) => `    ip6 saddr ${address} counter drop comment "${peer.name}"\n`),
  ]);
  if (rules.length === 0) return replace;
  return `${replace}${table} {\n  chain input {\n    type filter hook input priority 0; policy accept;\n${rules.join("")}  }\n}\n`;
}

/**
 * How the table read back (`nft -j list table inet devious`, undefined where there is none) differs from the cut asked for, in a
 * sentence; undefined where it does not.
 */
export function nftDifference(unheard: readonly Peer[], listing: string | undefined): string | undefined {
  const wanted = new Map(
    unheard
      .flatMap(({ addresses }) => [...addresses.v4, ...addresses.v6])
      .map((address) => [canonical(address), address] as const),
  );
  const found = listing === undefined ? [] : droppedSources(listing);
  for (const address of found) {
    if (!wanted.delete(canonical(address))) return `packets from ${address} are dropped though nobody asked for it`;
  }
  for (const address of wanted.values()) return `packets from ${address} are not dropped`;
  if (unheard.length === 0 && listing !== undefined) return "a table of ours is left over";
  return undefined;
}

/** True where what was said instead of running nft means that it, or the kernel's side of it, is not there: so no table is either. */
export function saysNoNft(stderr: string): boolean {
  return /not supported|failed to execute|ENOENT/.test(stderr);
}

/** The part of libnftables-json(5) that our own rules use. */
interface Listing {
  readonly nftables?: readonly {
    readonly rule?: {
      readonly expr?: readonly {
        readonly drop?: null;
        readonly match?: { readonly left?: { readonly payload?: { readonly field?: string } }; readonly right?: unknown };
      }[];
    };
  }[];
}

/** Source addresses that our table drops. */
function droppedSources(listing: string): readonly string[] {
  const { nftables = [] } = JSON.parse(listing) as Listing;
  return nftables.flatMap(({ rule }) => {
    const expr = rule?.expr ?? [];
    if (!expr.some((part) => "drop" in part)) return [];
    return expr.flatMap(({ match }) =>
      match?.left?.payload?.field === "saddr" && typeof match.right === "string" ? [match.right] : [],
    );
  });
}
