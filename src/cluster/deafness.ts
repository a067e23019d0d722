import type { Listener } from "../chaos/listener.js";
import type { Streams } from "../engine/port.js";
import { askAgent } from "./agent-client.js";
import { together } from "./together.js";

/** Where a node's programs listen; undefined where nobody can say. */
export type FindListeners = (node: string) => Promise<readonly Listener[] | undefined>;

/** Asks the agent, which sees the nodes' networks from inside, about all who wait at once; waits until there is one. */
export function listenersByAgent(engine: Pick<Streams, "attach">, agentId: () => Promise<string | undefined>): FindListeners {
  return together(async (nodes) => {
    const id = await agentId();
    if (id === undefined) return {};
    return askAgent(engine, id, { op: "listening", nodes }).then(
      ({ listeners }) => listeners,
      // of another version, or not there any more
      () => ({}),
    );
  });
}

/** Why nobody takes connections on a port, by where the node's programs listen; undefined where that says nothing. */
export function whyDeaf(port: number, listeners: readonly Listener[] | undefined): string | undefined {
  if (listeners === undefined) return undefined;
  const own = listeners.find((one) => one.port === port);
  if (own?.isLoopback === true) return `it listens there only on 127.0.0.1 inside its container, and has to on 0.0.0.0`;
  if (own !== undefined) return undefined;
  const others = listeners.map((one) => String(one.port));
  if (others.length === 0) return "it listens on no port";
  const all = others.length === 1 ? others.join("") : `${others.slice(0, -1).join(", ")} and ${others.at(-1) ?? ""}`;
  return `it listens on ${all}, not on ${port}`;
}
