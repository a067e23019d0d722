/**
 * Which packets go where: the cells of a link as u32 filters (tc-u32(8)). The kernel compares words of 32 bits at an offset from the start of
 * the IP header; headers with options and IPv6 extensions are not looked through. Filters are asked in the order of their priority.
 */
import { wordsOf } from "./address.js";
import type { Cell } from "./lanes.js";
import type { Protocol } from "./traffic.js";

export type EtherType = "ip" | "ipv6";

/** What a filter looks for, both in tc's words and in the kernel's. */
export interface Selector {
  readonly etherType: EtherType;
  readonly priority: number;
  /** `match ip dst 172.18.0.3/32`. */
  readonly text: string;
  /** One spelling for all that look for the same: see {@link spellSelector}. */
  readonly key: string;
}

/** `value` under `mask` is what stands `at` so many bytes. */
export interface Word {
  readonly at: number;
  readonly value: number;
  readonly mask: number;
}

interface Match {
  readonly text: string;
  readonly words: readonly Word[];
}

const etherTypes = ["ip", "ipv6"] as const;

const protocolNumbers: Readonly<Record<EtherType, Readonly<Record<Protocol, number>>>> = {
  ip: { tcp: 6, udp: 17, icmp: 1 },
  ipv6: { tcp: 6, udp: 17, icmp: 58 },
};

/** The cell of all packets. */
export const anything: Cell = { protocol: null, ports: [], otherPorts: [] };

/** A more exact cell is asked before a less exact one, a peer's before everybody else's. One priority belongs to one ether type. */
function priorityOf(who: "peer" | "clients", { protocol, ports, otherPorts }: Cell, etherType: EtherType): number {
  const vague = otherPorts.length > 0 ? 0 : ports.length > 0 ? 1 : protocol !== null ? 2 : 3;
  return (who === "peer" ? 10 : 20) + 2 * vague + etherTypes.indexOf(etherType);
}

/** The packets of this cell on their way to these addresses. */
export function selectPeer(addresses: readonly string[], cell: Cell): readonly Selector[] {
  return addresses.flatMap((address) => {
    const etherType = address.includes(":") ? "ipv6" : "ip";
    return packetsOf(cell, etherType).map((matches) =>
      selector(etherType, priorityOf("peer", cell, etherType), [end(etherType, "dst", address), ...matches]),
    );
  });
}

/** All packets that come from these addresses. */
export function selectSender(addresses: readonly string[]): readonly Selector[] {
  return addresses.map((address) => {
    const etherType = address.includes(":") ? "ipv6" : "ip";
    return selector(etherType, priorityOf("peer", anything, etherType), [end(etherType, "src", address)]);
  });
}

/** The packets of this cell, wherever they go. */
export function selectAll(cell: Cell): readonly Selector[] {
  return etherTypes.flatMap((etherType) =>
    packetsOf(cell, etherType).map((matches) =>
      selector(etherType, priorityOf("clients", cell, etherType), matches.length > 0 ? matches : [everything]),
    ),
  );
}

/**
 * ICMPv6 that a link needs to be one: who is at which address, where the router is (RFC 4861, types 133 to 137, and 132). ARP, its elder, is
 * no IP and meets no filter anyway.
 */
export const neighbourDiscovery: readonly Selector[] = [
  [0x84, 0xfc],
  [0x88, 0xfe],
].map(([type = 0, mask = 0]) =>
  selector("ipv6", 1, [
    ipProtocol("ipv6", protocolNumbers.ipv6.icmp),
    { text: `match u8 ${hex(type)} ${hex(mask)} at 40`, words: [{ at: 40, value: type * 2 ** 24, mask: mask * 2 ** 24 }] },
  ]),
);

/** One list of matches per filter; together they are the cell. */
function packetsOf({ protocol, ports, otherPorts }: Cell, etherType: EtherType): readonly (readonly Match[])[] {
  const isProtocol = protocol === null ? [] : [ipProtocol(etherType, protocolNumbers[etherType][protocol])];
  if (ports.length === 0) return [isProtocol];
  const ends =
    otherPorts.length === 0
      ? ports.flatMap((one) => [[port(etherType, "sport", one)], [port(etherType, "dport", one)]])
      : ports.flatMap((one) =>
          otherPorts.flatMap((other) => [
            [port(etherType, "sport", one), port(etherType, "dport", other)],
            [port(etherType, "sport", other), port(etherType, "dport", one)],
          ]),
        );
  return ends.map((matches) => [...isProtocol, ...matches]);
}

const everything: Match = { text: "match u32 0 0", words: [{ at: 0, value: 0, mask: 0 }] };

/** Where a packet comes from or goes to. */
function end(etherType: EtherType, which: "src" | "dst", address: string): Match {
  const [bits, name, offsets] =
    etherType === "ip" ? ([32, "ip", { src: 12, dst: 16 }] as const) : ([128, "ip6", { src: 8, dst: 24 }] as const);
  const at = offsets[which];
  const words = (wordsOf(address) ?? []).map((word, index) => ({
    at: at + 4 * index,
    value: Number.parseInt(word, 16),
    mask: 0xffffffff,
  }));
  return { text: `match ${name} ${which} ${address}/${bits}`, words };
}

function ipProtocol(etherType: EtherType, number: number): Match {
  const word =
    etherType === "ip" ? { at: 8, value: number << 16, mask: 0xff << 16 } : { at: 4, value: number << 8, mask: 0xff << 8 };
  return { text: `match ${etherType === "ip" ? "ip" : "ip6"} protocol ${number} 0xff`, words: [word] };
}

/** Both ports are in the first word after an IP header without options. */
function port(etherType: EtherType, end: "sport" | "dport", number: number): Match {
  const shift = end === "sport" ? 2 ** 16 : 1;
  const [name, at] = etherType === "ip" ? ["ip", 20] : ["ip6", 40];
  return { text: `match ${name} ${end} ${number} 0xffff`, words: [{ at, value: number * shift, mask: 0xffff * shift }] };
}

function selector(etherType: EtherType, priority: number, matches: readonly Match[]): Selector {
  return {
    etherType,
    priority,
    text: matches.map(({ text }) => text).join(" "),
    key: spellSelector(
      etherType,
      priority,
      matches.flatMap(({ words }) => words),
    ),
  };
}

/** One spelling for all that look for the same: words in order, those at the same place as one, because tc packs them so. */
export function spellSelector(etherType: string, priority: number, words: readonly Word[]): string {
  const packed = new Map<number, { value: number; mask: number }>();
  for (const { at, value, mask } of words) {
    const before = packed.get(at);
    if (before === undefined) packed.set(at, { value: value >>> 0, mask: mask >>> 0 });
    else packed.set(at, { value: (before.value | value) >>> 0, mask: (before.mask | mask) >>> 0 });
  }
  const inOrder = [...packed].sort(([a], [b]) => a - b);
  return inOrder.reduce((spelt, [at, { value, mask }]) => `${spelt} ${at}:${value}/${mask}`, `${etherType} ${priority}`);
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}
