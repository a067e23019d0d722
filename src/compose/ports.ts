/** Ports that are published on this machine. */
import { tellOthers } from "./fates.js";
import { isNothing, listAt, textAt } from "./reading.js";
import type { Reading } from "./reading.js";
import type { Place, Tree } from "./tree.js";

/** From and to, both included. */
type Range = readonly [number, number];

interface Published {
  readonly at: Place;
  readonly container: Range;
  /** Null: the engine chooses. */
  readonly host: Range | null;
  readonly address: string | undefined;
  readonly protocol: string;
}

/** As a spec writes them, for `nodes` nodes: a host port is of one node only. */
export function portsAt(tree: Tree, what: string, nodes: number, reading: Reading): readonly (number | string)[] | undefined {
  const { telling } = reading;
  const published = listAt(tree, what, reading).flatMap((item) => publishedAt(item, what, reading) ?? []);
  const container = new Set<number>();
  const ports = published.flatMap((one): readonly (number | string)[] => {
    const { at, address, protocol } = one;
    if (protocol !== "tcp") {
      telling.notice(
        at,
        `${what}: ${rangeText(one.container)}/${protocol} is left out: only TCP ports are published; nodes reach it anyway`,
      );
      return [];
    }
    if (address === undefined || !isLoopback(address)) {
      telling.once(at, "ports are published on 127.0.0.1 only, not on all addresses of this machine");
    }
    return split(one, what, reading).flatMap(([inside, outside]): readonly (number | string)[] => {
      if (container.has(inside)) {
        telling.notice(at, `${what}: ${inside} is left out here: a port is published once, and this one is above`);
        return [];
      }
      container.add(inside);
      const fixed = hostPorts(outside, nodes);
      if (fixed === null || fixed.some((port) => reading.hostPorts.has(port))) {
        if (outside !== null) {
          const why =
            fixed === null ? `${rangeText(outside)} is not enough for ${nodes} nodes` : `${rangeText(outside)} is taken above`;
          telling.notice(at, `${what}: the engine chooses where ${inside} is published: ${why}`);
        }
        return [inside];
      }
      if (outside !== null && outside[1] - outside[0] + 1 > nodes) {
        telling.notice(
          at,
          `${what}: ${inside} is published on ${rangeText([fixed[0] ?? 0, fixed.at(-1) ?? 0])}, the first of ${rangeText(outside)}`,
        );
      }
      for (const port of fixed) reading.hostPorts.add(port);
      return [`${rangeText([fixed[0] ?? 0, fixed.at(-1) ?? 0])}:${inside}`];
    });
  });
  return ports.length === 0 ? undefined : ports;
}

/** Each port of the container with the range of the host that it may be published on. */
function split(
  { at, container, host }: Published,
  what: string,
  { telling }: Reading,
): readonly (readonly [number, Range | null])[] {
  const inside = Array.from({ length: container[1] - container[0] + 1 }, (_, i) => container[0] + i);
  if (host === null || inside.length === 1) return inside.map((port) => [port, host] as const);
  if (host[1] - host[0] !== container[1] - container[0]) {
    telling.problem(at, `${what}: ${rangeText(host)} and ${rangeText(container)} are not equally many`);
    return [];
  }
  return inside.map((port, i) => [port, [host[0] + i, host[0] + i] as const] as const);
}

/** Null: the engine chooses. */
function hostPorts(range: Range | null, nodes: number): readonly number[] | null {
  if (range === null || range[1] - range[0] + 1 < nodes) return null;
  return Array.from({ length: nodes }, (_, i) => range[0] + i);
}

function publishedAt(tree: Tree, what: string, reading: Reading): Published | undefined {
  if (tree.kind !== "mapping") {
    const text = textAt(tree, what, reading);
    return text === undefined ? undefined : shortPort(text, tree.at, what, reading);
  }
  const textOf = (key: string): string | undefined => {
    const entry = tree.entries.get(key);
    return entry === undefined || isNothing(entry.value) ? undefined : textAt(entry.value, `${what}.${key}`, reading);
  };
  const known = ["target", "published", "host_ip", "protocol", "mode", "name", "app_protocol"];
  tellOthers(tree.entries, known, what, "nothing is known of it", reading.telling);
  const container = rangeOf(textOf("target") ?? "");
  const publishedText = textOf("published");
  const host = publishedText === undefined ? null : rangeOf(publishedText);
  if (container === undefined || host === undefined) {
    reading.telling.problem(tree.at, `${what} needs a target, and where it says published, a port or a range of ports`);
    return undefined;
  }
  return { at: tree.at, container, host: anyPort(host), address: textOf("host_ip"), protocol: textOf("protocol") ?? "tcp" };
}

const short =
  /^(?:(?:(?<address>\[[\da-f:.]+\]|[\da-f.]*):)?(?<host>[\d-]*):)?(?<container>\d+(?:-\d+)?)(?:\/(?<protocol>[a-z]+))?$/i;

function shortPort(text: string, at: Place, what: string, { telling }: Reading): Published | undefined {
  const groups = short.exec(text)?.groups;
  const container = rangeOf(groups?.["container"] ?? "");
  const host = groups?.["host"] ? rangeOf(groups["host"]) : null;
  if (container === undefined || host === undefined) {
    telling.problem(at, `${what}: ${JSON.stringify(text)} is no port: write 8080, "9000:8080" or "127.0.0.1:9000:8080"`);
    return undefined;
  }
  const address = groups?.["address"];
  return {
    at,
    container,
    host: anyPort(host),
    address: address === "" ? undefined : address,
    protocol: (groups?.["protocol"] ?? "tcp").toLowerCase(),
  };
}

/** Port 0 is any. */
function anyPort(host: Range | null): Range | null {
  return host?.[0] === 0 ? null : host;
}

function rangeOf(text: string): Range | undefined {
  const [, from, to = from] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? [];
  if (from === undefined) return undefined;
  const range: Range = [Number(from), Number(to)];
  return range[0] <= range[1] && range[1] <= 65_535 && range[1] - range[0] < 1000 ? range : undefined;
}

function rangeText([from, to]: Range): string {
  return from === to ? String(from) : `${from}-${to}`;
}

function isLoopback(address: string): boolean {
  return address.startsWith("127.") || address === "[::1]" || address === "::1";
}
