/** The ports of an image's nodes that are published: as they are written, and what is wrong with all of them together. */
import { z } from "zod";
import { portNumber, reading } from "./fields.js";
import { misfitAt, readIfRight } from "./names.js";
import type { Mapping, Misfit, Named } from "./names.js";
import type { PublishedPort } from "./own-image.js";

/** `[address:][first[-last]:]container[/protocol]`, in compose's words. */
const form = /^(?:(?<address>.*):(?=.*:))?(?:(?<first>\d+)(?:-(?<last>\d+))?:)?(?<container>\d+)(?:\/(?<protocol>\w+))?$/;

const port = reading((value, refuse): PublishedPort => {
  if (typeof value !== "number" && typeof value !== "string") {
    return refuse('must be a port, such as 8080, or "9000:8080" with the port of this machine before it');
  }
  const said = String(value);
  const { address, first, last = first, container, protocol = "tcp" } = form.exec(said)?.groups ?? {};
  if (container === undefined) return refuse(`${JSON.stringify(value)} is no port: write for example 8080 or "9000:8080"`);
  if (protocol.toLowerCase() !== "tcp") return refuse(`${JSON.stringify(value)}: only TCP ports are published`);
  if (address !== undefined && address !== "127.0.0.1" && address !== "localhost") {
    return refuse(`${JSON.stringify(value)}: ports are published on 127.0.0.1 only, so leave ${address} out`);
  }
  const range = [first, last].map((one) => (one === undefined ? undefined : Number(one)));
  for (const one of [...range, Number(container)]) {
    if (one === undefined) continue;
    const problem = portNumber.safeParse(one).error?.issues[0]?.message;
    if (problem !== undefined) return refuse(problem);
  }
  const [from, to] = range;
  if (from === undefined || to === undefined) return { container: Number(container), host: null };
  if (to < from) return refuse(`${JSON.stringify(value)}: the range ${from}-${to} ends before it begins`);
  return { container: Number(container), host: Array.from({ length: to - from + 1 }, (_, i) => from + i) };
}).meta({ type: ["integer", "string"] });

export const ports = z
  .array(port, { error: "must be a list of ports, such as [8080]" })
  .describe(
    'TCP ports of the container, published on 127.0.0.1 on ports that the engine chooses; `status` shows them. `"9000:8080"` fixes the port, `"9000-9002:8080"` those of three nodes.',
  );

/** The container's ports that are published; undefined where `ports` itself is wrong. */
function publishedIn(keys: Mapping | undefined): readonly number[] | undefined {
  return readIfRight(ports.optional().default([]), keys?.["ports"] ?? [])?.map(({ container }) => container);
}

/**
 * The problem with a port that has to be published, and may be left out where there is one alone; undefined where there is none, or nobody
 * can know.
 */
export function problemWithPort(given: unknown, keys: Mapping | undefined): string | undefined {
  const published = publishedIn(keys);
  if (published === undefined) return undefined;
  if (given === undefined) {
    if (published.length === 1) return undefined;
    return published.length === 0
      ? "needs a port: publish one in `ports`"
      : `needs a port: the service publishes ${published.join(", ")}`;
  }
  return typeof given !== "number" || published.includes(given) ? undefined : `port ${given} must be one of the service's ports`;
}

export function checkPorts(services: readonly Named[]): readonly Misfit[] {
  const fixedBy = new Map<number, string>();
  return services.flatMap(({ service, nodes, path, keys }) => {
    const seen = new Set<number>();
    return (readIfRight(ports, keys?.["ports"]) ?? []).flatMap(({ container, host }, i): readonly Misfit[] => {
      const tell = (message: string): Misfit => misfitAt([...path, "ports", i], message);
      const twice = seen.has(container) ? [tell(`${container} is published already`)] : [];
      seen.add(container);
      if (host === null) return twice;
      const taken = host.find((one) => fixedBy.has(one));
      const by = taken === undefined ? undefined : fixedBy.get(taken);
      for (const one of host) fixedBy.set(one, service);
      return [
        ...twice,
        ...(by === undefined
          ? []
          : [tell(`port ${taken} of this machine is fixed${by === service ? "" : ` for ${by}`} already`)]),
        ...(host.length === nodes.length ? [] : [tell(wrongCount(host, container, nodes.length))]),
      ];
    });
  });
}

/** A fixed port is one node's. */
export function wrongCount(host: readonly number[], container: number, nodes: number): string {
  const [first = 0] = host;
  const range = nodes === 1 ? `${first}` : `${first}-${first + nodes - 1}`;
  const ports = host.length === 1 ? "1 port" : `${host.length} ports`;
  return `fixes ${ports} for ${nodes} ${nodes === 1 ? "node" : "nodes"}: write "${range}:${container}", or ${container} alone`;
}
