/** Which packets of a link a fault means. */

export const protocols = ["tcp", "udp", "icmp"] as const;
export type Protocol = (typeof protocols)[number];

export interface Traffic {
  /** Null: whatever the protocol. */
  readonly protocol: Protocol | null;
  /** Packets from or to one of these ports, so that it does not matter who dialled whom; empty: whatever the port. */
  readonly ports: readonly number[];
}

export const anyTraffic: Traffic = { protocol: null, ports: [] };

/** In order, each port once. */
export function traffic(protocol: Protocol | null, ports: readonly number[]): Traffic {
  return { protocol, ports: [...new Set(ports)].sort((a, b) => a - b) };
}

export function isAnyTraffic({ protocol, ports }: Traffic): boolean {
  return protocol === null && ports.length === 0;
}

/** True where one packet can be meant by both, other than by its two ports: that traffic goes between two services and is rarely there. */
export function overlap(a: Traffic, b: Traffic): boolean {
  const sameProtocol = a.protocol === null || b.protocol === null || a.protocol === b.protocol;
  const samePorts = a.ports.length === 0 || b.ports.length === 0 || a.ports.some((port) => b.ports.includes(port));
  const portless = [a, b].some(({ protocol }) => protocol === "icmp") && [a, b].some(({ ports }) => ports.length > 0);
  return sameProtocol && samePorts && !portless;
}

/** `tcp port 2380`, `ports 2379,2380`, `udp`; empty for any traffic. */
export function describeTraffic({ protocol, ports }: Traffic): string {
  const word = ports.length > 1 ? "ports" : "port";
  return [...(protocol === null ? [] : [protocol]), ...(ports.length === 0 ? [] : [`${word} ${ports.join(",")}`])].join(" ");
}

export function problemsWithTraffic({ protocol, ports }: Traffic): readonly string[] {
  return [
    ...ports
      .filter((port) => !(Number.isInteger(port) && port >= 1 && port <= 65_535))
      .map((port) => `${port} is not a port: they go from 1 to 65535.`),
    ...(protocol === "icmp" && ports.length > 0 ? ["ICMP has no ports."] : []),
  ];
}
